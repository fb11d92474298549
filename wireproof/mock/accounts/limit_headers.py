"""The limits of an account as headers, in the dialect of the profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from wireproof.mock.accounts.account import LimitState
from wireproof.mock.accounts.rate_windows import WINDOW_S
from wireproof.mock.protocol.messages import Headers
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import RateRules
from wireproof.mock.provider.refusals import RequestRefused


def state_without_account(rate: RateRules) -> LimitState:
    """The limits shown to a caller without an account: those of the lowest tier, unused."""
    return LimitState(
        rate.lowest_tier, rate.lowest_tier.limit, WINDOW_S, tokens_left=rate.lowest_tier.tokens_per_minute
    )


def whole_seconds(seconds: float) -> int:
    """Whole seconds, at least one, after which a wait is over."""
    return max(1, math.ceil(seconds))


def duration_text(seconds: float) -> str:
    """Seconds as OpenAI prints them: `120ms`, `1s`, `6m0s`."""
    if seconds < 1:
        return f"{max(1, math.ceil(seconds * 1000))}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def triple_headers(rate: RateRules, limit_state: LimitState) -> Headers:
    return (
        (rate.limit, str(limit_state.tier.limit)),
        (rate.remaining, str(limit_state.remaining)),
        (rate.reset, str(whole_seconds(limit_state.reset_s))),
    )


def openai_headers(rate: RateRules, limit_state: LimitState) -> Headers:
    """The headers for requests and for tokens, three each."""
    resets = duration_text(limit_state.reset_s)
    requests = (str(limit_state.tier.limit), str(limit_state.remaining), resets)
    tokens = (str(limit_state.tier.tokens_per_minute), str(limit_state.tokens_left), resets)
    names = (rate.limit, rate.remaining, rate.reset)
    return (*zip(names, requests, strict=True), *zip(rate.tokens, tokens, strict=False))


def no_headers(rate: RateRules, limit_state: LimitState) -> Headers:
    return ()


def retry_after_header(limit_state: LimitState) -> Headers:
    return (("Retry-After", str(whole_seconds(limit_state.free_s))),)


def retry_after_in_both_units(limit_state: LimitState) -> Headers:
    """The wait in milliseconds and in seconds, as OpenAI's clients read it."""
    return (("retry-after-ms", str(max(1, math.ceil(limit_state.free_s * 1000)))), *retry_after_header(limit_state))


WAIT_HEADERS_BY_DIALECT: Mapping[str, Callable[[LimitState], Headers]] = {"openai": retry_after_in_both_units}
LIMIT_HEADERS_BY_DIALECT: Mapping[str, Callable[[RateRules, LimitState], Headers]] = {
    "triple": triple_headers,
    "openai": openai_headers,
}


def headers_for_limit(profile: Profile, limit_state: LimitState) -> Headers:
    return LIMIT_HEADERS_BY_DIALECT.get(profile.rate.dialect, no_headers)(profile.rate, limit_state)


def refuse_over_limit(profile: Profile, limit_state: LimitState) -> None:
    """Raises RequestRefused if the request exceeds the limit of the minute."""
    if limit_state.limited:
        limit = (
            f"tokens: {limit_state.tier.tokens_per_minute}"
            if limit_state.remaining
            else f"requests: {limit_state.tier.limit}"
        )
        refusal = RequestRefused("rate-limited", f"Rate limit reached for {limit} per minute.")
        refusal.headers = (
            WAIT_HEADERS_BY_DIALECT.get(profile.rate.dialect, retry_after_header)(limit_state)
            if profile.rate.retry_after
            else ()
        )
        raise refusal


def refuse_used_up(profile: Profile, reason: str) -> None:
    """Raises RequestRefused with this reason, if there is one and the profile refuses used-up volumes."""
    if reason and profile.rate.counts_months:
        raise RequestRefused("quota-exhausted", reason)
