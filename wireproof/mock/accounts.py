"""Keys, and what each has used: one minute window and one month counter for each distinct key."""

from __future__ import annotations

import math
import re
import threading
import time
from dataclasses import dataclass, field

from wireproof.mock.message import Received
from wireproof.mock.profile import Auth, Profile
from wireproof.mock.rate import Rate, Tier
from wireproof.mock.refusal import Refused

WINDOW_S = 60.0
KEY_FORM = r"mock-(?P<tier>[a-z0-9_]+)(?P<exhausted>-exhausted)?(?:\..*)?"


@dataclass(frozen=True, slots=True)
class Meter:
    """Where an account stands after one request."""

    tier: Tier
    remaining: int
    reset_s: float
    limited: bool = False
    exhausted: bool = False

    @property
    def wait_s(self) -> int:
        """Whole seconds after which the window is surely over."""
        return max(1, math.ceil(self.reset_s))


@dataclass(slots=True)
class Account:
    """The counters of one key."""

    window_at: float
    used: int = 0
    months: dict[str, int] = field(default_factory=dict)

    def admit(self, tier: Tier, at: float, rate: Rate) -> Meter:
        """Count a request that arrives now, unless the window is full."""
        if at >= self.window_at + WINDOW_S and rate.windows_end:
            self.window_at, self.used = at, 0
        reset_s = max(0.0, min(WINDOW_S, self.window_at + WINDOW_S - at))
        exhausted = tier.per_month is not None and self.months.get(month(at), 0) >= tier.per_month
        if self.used >= tier.limit + rate.slack:
            return Meter(tier, 0, reset_s, limited=True, exhausted=exhausted)
        self.used += 1
        self.months[month(at)] = self.months.get(month(at), 0) + 1
        return Meter(tier, max(0, tier.limit - self.used), reset_s, exhausted=exhausted)


class Accounts:
    """All accounts the server has seen; a lock guards them, since fronts may share one core."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Account] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        with self._lock:
            self._known.clear()

    def admit(self, profile: Profile, key: str, now: float, ahead_s: float, fault: str = "") -> Meter:
        """Count a request of a valid key that happens `ahead_s` after now; each fault asked for counts apart."""
        tier, exhausted = tier_of(profile, key)
        with self._lock:
            account = self._known.get((profile.name, key, fault))
            if account is None:
                account = Account(now + ahead_s)
                if exhausted:
                    account.months[month(now)] = tier.per_month or 0
                self._known[profile.name, key, fault] = account
            meter = account.admit(tier, now + ahead_s, profile.rate)
        spent = exhausted and tier.per_month is None
        return meter if not spent else Meter(tier, meter.remaining, meter.reset_s, meter.limited, exhausted=True)


def month(at: float) -> str:
    year, number, *_ = time.gmtime(at)
    return f"{year}-{number}"


def tier_of(profile: Profile, key: str) -> tuple[Tier, bool]:
    """The tier a valid key names, and whether its month is used up."""
    tiers = {tier.name: tier for tier in profile.rate.tiers}
    form = re.fullmatch(KEY_FORM, key[len(profile.auth.key_prefix) :], re.DOTALL)
    if form is None or form["tier"] not in tiers:
        return tiers[profile.suite_tier], False
    return tiers[form["tier"]], form["exhausted"] is not None


def presented(auth: Auth, received: Received) -> str | None:
    """The key a request presents under an accepted scheme."""
    value = received.header(auth.header)
    if value is None:
        return None
    if not auth.schemes:
        return value.strip() or None
    scheme, _, rest = value.strip().partition(" ")
    accepted = {name.lower() for name in auth.schemes}
    return rest.strip() or None if scheme.lower() in accepted else None


def is_known(profile: Profile, key: str) -> bool:
    auth = profile.auth
    if auth.lets_in == "any":
        return True
    if not key.startswith(auth.key_prefix):
        return False
    form = re.fullmatch(KEY_FORM, key[len(auth.key_prefix) :], re.DOTALL)
    tiers = {tier.name for tier in profile.rate.tiers}
    return auth.lets_in == "prefix" or (form is not None and form["tier"] in tiers)


def refusal_of(profile: Profile, key: str | None) -> Refused:
    if key is None:
        return Refused("missing-key", f"You did not provide an API key in the {profile.auth.header} header.")
    return Refused("bad-key", "Incorrect API key provided.")
