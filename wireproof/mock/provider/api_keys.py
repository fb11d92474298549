"""API keys: the key that a request presents, its validity, and the tier that its name encodes."""

from __future__ import annotations

import re

from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Auth, Profile
from wireproof.mock.provider.rate_rules import TierRules
from wireproof.mock.provider.refusals import RequestRefused

KEY_PATTERN = r"mock-(?P<tier>[a-z0-9_]+)(?P<used_up>-exhausted|-spent|-last)?(?P<second>-second)?(?:\..*)?"
SECOND_KEY_MARK = "-second"


def parse_key(profile: Profile, key: str) -> tuple[TierRules, str]:
    """Returns the tier that a valid key names, and the suffix by which its volume is used up; empty if it has none."""
    tiers = {tier.name: tier for tier in profile.rate.tiers}
    match = re.fullmatch(KEY_PATTERN, key[len(profile.auth.key_prefix) :], re.DOTALL)
    if match is None or match["tier"] not in tiers:
        return tiers[profile.suite_tier], ""
    return tiers[match["tier"]], match["used_up"] or ""


def account_from_key(key: str) -> str:
    """Returns the account of a key: a second key is charged to the account of the first."""
    name, dot, owner = key.partition(".")
    return f"{name.removesuffix(SECOND_KEY_MARK)}{dot}{owner}"


def presented_key(auth: Auth, request: HttpRequest) -> str | None:
    """The key that a request presents under an accepted scheme; None if there is none."""
    value = request.header(auth.header)
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
    match = re.fullmatch(KEY_PATTERN, key[len(auth.key_prefix) :], re.DOTALL)
    tiers = {tier.name for tier in profile.rate.tiers}
    return auth.lets_in == "prefix" or (match is not None and match["tier"] in tiers)


def refusal_for_key(profile: Profile, key: str | None) -> RequestRefused:
    """Returns the refusal of a missing or unknown key, with the accepted schemes in WWW-Authenticate."""
    refusal = RequestRefused("bad-key", "Incorrect API key provided.")
    if key is None:
        refusal = RequestRefused("missing-key", f"You did not provide an API key in the {profile.auth.header} header.")
    if profile.auth.schemes:
        refusal.headers = (("WWW-Authenticate", ", ".join(profile.auth.schemes)),)
    return refusal
