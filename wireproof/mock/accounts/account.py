"""What each key has used: a minute window, a month counter and tokens for each distinct key and tenant."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from wireproof.mock.accounts.rate_windows import WINDOWS, Fixed, Window
from wireproof.mock.accounts.stored_items import Kept
from wireproof.mock.accounts.token_quota import Tokens, Use, is_metered
from wireproof.mock.provider.api_keys import parse_key
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import RateRules, TierRules


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and when; each tenant of a key counts apart, and so does each fault that is asked for.

    Attributes:
        now: the time of the server, by which an account is opened.
        ahead_s: how much later the request happens.
    """

    profile: Profile
    key: str
    now: float
    ahead_s: float = 0.0
    tenant: str = ""
    fault: str = ""

    @property
    def at(self) -> float:
        return self.now + self.ahead_s

    @property
    def place(self) -> tuple[str, str, str, str]:
        return self.profile.name, self.key, self.tenant, self.fault


@dataclass(frozen=True, slots=True)
class Meter:
    """Where an account stands after one request.

    Attributes:
        reset_s: seconds until the limit is whole again.
        free_s: seconds until another request is admitted, where this one was not.
        tokens_left: the minute's tokens; None where the tier counts none.
    """

    tier: TierRules
    remaining: int
    reset_s: float
    free_s: float = 0.0
    tokens_left: int | None = None
    limited: bool = False
    exhausted: bool = False


@dataclass(slots=True)
class Account:
    """The counters of one caller."""

    requests: Window
    tokens_of_minute: Fixed = field(default_factory=Fixed)
    requests_left: int | None = None
    tokens: Tokens = field(default_factory=Tokens)
    months: dict[str, int] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)

    def admit(self, tier: TierRules, at: float, rate: RateRules) -> Meter:
        """Count a request that arrives now, unless the window is full."""
        used, seconds = self.requests.used(at, tier.limit, rate.window_s), rate.window_s
        self.tokens_of_minute.used(at, tier.limit, seconds)
        exhausted, left = self._exhausted(tier, at), self.tokens_left(tier)
        limited = used >= tier.limit + rate.slack or left == 0
        if not limited:
            self._count(at)
        return Meter(
            tier=tier,
            remaining=max(0, tier.limit - self.requests.used(at, tier.limit, seconds)),
            reset_s=self.requests.whole_s(at, tier.limit),
            free_s=(self.tokens_of_minute if left == 0 else self.requests).free_s(at, tier.limit),
            tokens_left=left,
            limited=limited,
            exhausted=exhausted,
        )

    def tokens_left(self, tier: TierRules) -> int | None:
        """What is left of the minute's tokens; None where the tier counts none."""
        limit = tier.tokens_per_minute
        return None if limit is None else max(0, limit - self.tokens_of_minute.count)

    def _exhausted(self, tier: TierRules, at: float) -> bool:
        """Whether no request is left, of those that were left altogether or of the month's."""
        month_is_over = tier.per_month is not None and self.months.get(month(at), 0) >= tier.per_month
        return self.requests_left == 0 or month_is_over

    def _count(self, at: float) -> None:
        self.requests.take(at)
        self.months[month(at)] = self.months.get(month(at), 0) + 1
        if self.requests_left:
            self.requests_left -= 1


class Accounts:
    """All accounts the server has seen; a lock guards them, since fronts may share one core."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str, str], Account] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        with self._lock:
            self._known.clear()

    def admit(self, caller: Caller) -> Meter:
        """Count a request of a valid key."""
        tier, _ = parse_key(caller.profile, caller.key)
        with self._lock:
            return self._account(caller).admit(tier, caller.at, caller.profile.rate)

    def lack(self, caller: Caller, use: Use) -> str:
        """Why the caller has no tokens left for this use; empty where it has."""
        tier, _ = parse_key(caller.profile, caller.key)
        with self._lock:
            tokens = self._account(caller).tokens
            return tokens.lack(tier, use, caller.at, days_end=caller.profile.rate.days_end)

    def kept(self, caller: Caller) -> Kept:
        """What this caller let the server keep."""
        with self._lock:
            return self._account(caller).kept

    def charge(self, caller: Caller, use: Use, tokens: int) -> None:
        """Count the tokens that an answer used."""
        tier, _ = parse_key(caller.profile, caller.key)
        with self._lock:
            account = self._account(caller)
            account.tokens_of_minute.take(caller.at, tokens)
            if tokens and is_metered(caller.profile, tier):
                account.tokens.charge(use, caller.at, tokens)

    def since(self, caller: Caller, meter: Meter) -> Meter:
        """Where the caller stands after what the request used."""
        with self._lock:
            return replace(meter, tokens_left=self._account(caller).tokens_left(meter.tier))

    def _account(self, caller: Caller) -> Account:
        account = self._known.get(caller.place)
        if account is None:
            account = self._known[caller.place] = opened(caller)
        return account


def opened(caller: Caller) -> Account:
    """A new account; its key says whether all that its tier counts is used up, or all but the last of it."""
    account = Account(WINDOWS[caller.profile.rate.model]())
    tier, used_up = parse_key(caller.profile, caller.key)
    left = 1 if used_up == "-last" else 0
    if used_up and tier.per_month is not None:
        account.months[month(caller.now)] = tier.per_month - left
    elif used_up and is_metered(caller.profile, tier):
        account.tokens.use_up(tier, caller.now, left)
        account.tokens.only_first = used_up == "-spent"
    elif used_up:
        account.requests_left = left
    return account


def month(at: float) -> str:
    year, number, *_ = time.gmtime(at)
    return f"{year}-{number}"
