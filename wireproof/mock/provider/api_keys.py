"""Keys: which a request presents, whether it is let in, and what its name says of its account."""

from __future__ import annotations

import re

from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Auth, Profile
from wireproof.mock.provider.rate_rules import TierRules
from wireproof.mock.provider.refusals import RequestRefused

KEY_PATTERN = r"mock-(?P<tier>[a-z0-9_]+)(?P<used_up>-exhausted|-spent|-last)?(?:\..*)?"


def parse_key(profile: Profile, key: str) -> tuple[TierRules, str]:
    """The tier a valid key names, and how its key says that it is used up; empty where it does not."""
    tiers = {tier.name: tier for tier in profile.rate.tiers}
    form = re.fullmatch(KEY_PATTERN, key[len(profile.auth.key_prefix) :], re.DOTALL)
    if form is None or form["tier"] not in tiers:
        return tiers[profile.suite_tier], ""
    return tiers[form["tier"]], form["used_up"] or ""


def presented_key(auth: Auth, received: HttpRequest) -> str | None:
    """The key a request presents under an accepted scheme."""
    value = received.header(auth.header)
    if value is None:
        return None
    if not auth.schemes:
        return value.strip() or None
    scheme, _, rest = value.strip().partition(" ")
    accepted = {name.lower() for name in auth.schemes}
    return rest.strip() or None if scheme.lower() in accepted else None


def is_accepted_key(profile: Profile, key: str) -> bool:
    auth = profile.auth
    if auth.lets_in == "any":
        return True
    if not key.startswith(auth.key_prefix):
        return False
    form = re.fullmatch(KEY_PATTERN, key[len(auth.key_prefix) :], re.DOTALL)
    tiers = {tier.name for tier in profile.rate.tiers}
    return auth.lets_in == "prefix" or (form is not None and form["tier"] in tiers)


def refusal_for_key(profile: Profile, key: str | None) -> RequestRefused:
    """Why a key is not let in, and which schemes are."""
    refused = RequestRefused("bad-key", "Incorrect API key provided.")
    if key is None:
        refused = RequestRefused("missing-key", f"You did not provide an API key in the {profile.auth.header} header.")
    if profile.auth.schemes:
        refused.headers = (("WWW-Authenticate", ", ".join(profile.auth.schemes)),)
    return refused
