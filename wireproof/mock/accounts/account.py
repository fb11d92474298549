"""The use of each account: a minute window, a month counter and tokens for each key and tenant."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from wireproof.mock.accounts.prompt_prefixes import PromptPrefixes
from wireproof.mock.accounts.rate_windows import WINDOW_TYPES, FixedWindow, RateWindow
from wireproof.mock.accounts.stored_items import ItemStore
from wireproof.mock.accounts.token_quota import QuotaDemand, TokenAccount, is_metered
from wireproof.mock.provider.api_keys import account_from_key, parse_key
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import RateRules, TierRules


@dataclass(frozen=True, slots=True)
class Caller:
    """The account of a request and its time; each tenant of an account has one of its own, and so has each fault.

    Attributes:
        now: the Unix time of the server in seconds, at which an account is opened.
        ahead_s: the seconds by which the request is later.
    """

    profile: Profile
    key: str
    now: float
    ahead_s: float = 0.0
    tenant: str = ""
    fault: str = ""

    @property
    def request_time(self) -> float:
        return self.now + self.ahead_s

    @property
    def account_key(self) -> tuple[str, str, str, str]:
        return self.profile.name, account_from_key(self.key), self.tenant, self.fault


@dataclass(frozen=True, slots=True)
class LimitState:
    """The limits of an account after one request.

    Attributes:
        remaining: the requests left in the minute.
        reset_s: the seconds until no request of the limit is used.
        free_s: the seconds until another request is admitted, if this one was not.
        tokens_left: the tokens left in the minute; None if the tier counts none.
        limited: true if the request exceeds the limit of the minute.
        exhausted: true if the requests of the month, or of the key, are used up.
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
    """The counters of one caller.

    Attributes:
        requests_left: the requests left to the key altogether; None for no such limit.
        months: month → the requests admitted in it.
    """

    requests: RateWindow
    tokens_of_minute: FixedWindow = field(default_factory=FixedWindow)
    requests_left: int | None = None
    tokens: TokenAccount = field(default_factory=TokenAccount)
    months: dict[str, int] = field(default_factory=dict)
    stored_items: ItemStore = field(default_factory=ItemStore)
    prompt_prefixes: PromptPrefixes = field(default_factory=PromptPrefixes)

    def admit(self, tier: TierRules, at: float, rate: RateRules) -> LimitState:
        """Counts a request that arrives now, unless the window is full."""
        used, seconds = self.requests.used(at, tier.limit, rate.window_s), rate.window_s
        self.tokens_of_minute.used(at, tier.limit, seconds)
        exhausted, left = self._is_exhausted(tier, at), self.tokens_left(tier)
        limited = used >= tier.limit + rate.slack or left == 0
        if not limited:
            self._count_request(at)
        return LimitState(
            tier=tier,
            remaining=max(0, tier.limit - self.requests.used(at, tier.limit, seconds)),
            reset_s=self.requests.seconds_until_reset(at, tier.limit),
            free_s=(self.tokens_of_minute if left == 0 else self.requests).seconds_until_free(at, tier.limit),
            tokens_left=left,
            limited=limited,
            exhausted=exhausted,
        )

    def tokens_left(self, tier: TierRules) -> int | None:
        """The tokens left in the minute; None if the tier counts none."""
        limit = tier.tokens_per_minute
        return None if limit is None else max(0, limit - self.tokens_of_minute.admitted)

    def _is_exhausted(self, tier: TierRules, at: float) -> bool:
        """True if no request is left, altogether or in the month."""
        month_is_over = tier.per_month is not None and self.months.get(month_name(at), 0) >= tier.per_month
        return self.requests_left == 0 or month_is_over

    def _count_request(self, at: float) -> None:
        self.requests.count(at)
        self.months[month_name(at)] = self.months.get(month_name(at), 0) + 1
        if self.requests_left:
            self.requests_left -= 1


class Accounts:
    """All accounts of the server, guarded by a lock, since several fronts may share one application."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str, str, str], Account] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._accounts)

    def clear(self) -> None:
        with self._lock:
            self._accounts.clear()

    def admit(self, caller: Caller) -> LimitState:
        """Counts a request of a valid key."""
        tier, _ = parse_key(caller.profile, caller.key)
        with self._lock:
            return self._account(caller).admit(tier, caller.request_time, caller.profile.rate)

    def missing_reason(self, caller: Caller, demand: QuotaDemand) -> str:
        """Reason why the caller has no tokens left for this demand; an empty text if it has."""
        tier, _ = parse_key(caller.profile, caller.key)
        with self._lock:
            tokens = self._account(caller).tokens
            return tokens.missing_reason(tier, demand, caller.request_time, days_end=caller.profile.rate.days_end)

    def stored_items(self, caller: Caller) -> ItemStore:
        """The items that the server stores for this caller."""
        with self._lock:
            return self._account(caller).stored_items

    def prompt_prefixes(self, caller: Caller) -> PromptPrefixes:
        """The prefixes of the prompts that this caller has sent."""
        with self._lock:
            return self._account(caller).prompt_prefixes

    def charge(self, caller: Caller, demand: QuotaDemand, tokens: int) -> None:
        """Counts the tokens that an answer used."""
        tier, _ = parse_key(caller.profile, caller.key)
        with self._lock:
            account = self._account(caller)
            account.tokens_of_minute.count(caller.request_time, tokens)
            if tokens and is_metered(caller.profile, tier):
                account.tokens.charge(demand, caller.request_time, tokens)

    def with_tokens_left(self, caller: Caller, limit_state: LimitState) -> LimitState:
        """Returns the limits with the tokens left after the request."""
        with self._lock:
            return replace(limit_state, tokens_left=self._account(caller).tokens_left(limit_state.tier))

    def _account(self, caller: Caller) -> Account:
        account = self._accounts.get(caller.account_key)
        if account is None:
            account = self._accounts[caller.account_key] = open_account(caller)
        return account


def open_account(caller: Caller) -> Account:
    """Opens an account; the suffix of its key may say that its volume is used up, or all but the last of it."""
    account = Account(WINDOW_TYPES[caller.profile.rate.model]())
    tier, used_up = parse_key(caller.profile, caller.key)
    left = 1 if used_up == "-last" else 0
    if used_up and tier.per_month is not None:
        account.months[month_name(caller.now)] = tier.per_month - left
    elif used_up and is_metered(caller.profile, tier):
        account.tokens.use_up(tier, caller.now, left)
        account.tokens.only_first = used_up == "-spent"
    elif used_up:
        account.requests_left = left
    return account


def month_name(at: float) -> str:
    year, number, *_ = time.gmtime(at)
    return f"{year}-{number}"
