"""How an account's standing is shown in headers, in the dialect of the profile."""

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
    """The standing shown to a caller without an account: the lowest tier's, untouched."""
    return LimitState(
        rate.lowest_tier, rate.lowest_tier.limit, WINDOW_S, tokens_left=rate.lowest_tier.tokens_per_minute
    )


def whole_seconds(seconds: float) -> int:
    """Whole seconds, one at least, after which a wait is surely over."""
    return max(1, math.ceil(seconds))


def duration_text(seconds: float) -> str:
    """Seconds as OpenAI prints them: `120ms`, `1s`, `6m0s`."""
    if seconds < 1:
        return f"{max(1, math.ceil(seconds * 1000))}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def triple_headers(rate: RateRules, meter: LimitState) -> Headers:
    return (
        (rate.limit, str(meter.tier.limit)),
        (rate.remaining, str(meter.remaining)),
        (rate.reset, str(whole_seconds(meter.reset_s))),
    )


def openai_headers(rate: RateRules, meter: LimitState) -> Headers:
    """The request triple, and the same of tokens."""
    resets = duration_text(meter.reset_s)
    requests = (str(meter.tier.limit), str(meter.remaining), resets)
    tokens = (str(meter.tier.tokens_per_minute), str(meter.tokens_left), resets)
    names = (rate.limit, rate.remaining, rate.reset)
    return (*zip(names, requests, strict=True), *zip(rate.tokens, tokens, strict=False))


def no_headers(rate: RateRules, meter: LimitState) -> Headers:
    return ()


def retry_after_header(meter: LimitState) -> Headers:
    return (("Retry-After", str(whole_seconds(meter.free_s))),)


def retry_after_in_both_units(meter: LimitState) -> Headers:
    """The wait as OpenAI's clients read it: first in milliseconds, then in seconds."""
    return (("retry-after-ms", str(max(1, math.ceil(meter.free_s * 1000)))), *retry_after_header(meter))


WAIT_HEADERS_BY_DIALECT: Mapping[str, Callable[[LimitState], Headers]] = {"openai": retry_after_in_both_units}
LIMIT_HEADERS_BY_DIALECT: Mapping[str, Callable[[RateRules, LimitState], Headers]] = {
    "triple": triple_headers,
    "openai": openai_headers,
}


def headers_for_limit(profile: Profile, meter: LimitState) -> Headers:
    return LIMIT_HEADERS_BY_DIALECT.get(profile.rate.dialect, no_headers)(profile.rate, meter)


def refuse_over_limit(profile: Profile, meter: LimitState) -> None:
    """Refuse a request beyond the minute's limit."""
    if meter.limited:
        limit = f"tokens: {meter.tier.tokens_per_minute}" if meter.remaining else f"requests: {meter.tier.limit}"
        refused = RequestRefused("rate-limited", f"Rate limit reached for {limit} per minute.")
        refused.headers = (
            WAIT_HEADERS_BY_DIALECT.get(profile.rate.dialect, retry_after_header)(meter)
            if profile.rate.retry_after
            else ()
        )
        raise refused


def refuse_used_up(profile: Profile, lack: str) -> None:
    """Refuse a request for which nothing is left, for the reason given; none where there is no lack."""
    if lack and profile.rate.counts_months:
        raise RequestRefused("quota-exhausted", lack)
