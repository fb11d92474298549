"""How an account's standing is shown in headers, in the dialect of the profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from wireproof.mock.accounts.account import Meter
from wireproof.mock.accounts.rate_windows import WINDOW_S
from wireproof.mock.protocol.messages import Headers
from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.rate_rules import RateRules
from wireproof.mock.provider.refusals import RequestRefused


def stranger(rate: RateRules) -> Meter:
    """The standing shown to a caller without an account: the lowest tier's, untouched."""
    return Meter(rate.lowest_tier, rate.lowest_tier.limit, WINDOW_S, tokens_left=rate.lowest_tier.tokens_per_minute)


def whole(seconds: float) -> int:
    """Whole seconds, one at least, after which a wait is surely over."""
    return max(1, math.ceil(seconds))


def duration(seconds: float) -> str:
    """Seconds as OpenAI prints them: `120ms`, `1s`, `6m0s`."""
    if seconds < 1:
        return f"{max(1, math.ceil(seconds * 1000))}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def triple(rate: RateRules, meter: Meter) -> Headers:
    return (
        (rate.limit, str(meter.tier.limit)),
        (rate.remaining, str(meter.remaining)),
        (rate.reset, str(whole(meter.reset_s))),
    )


def openai(rate: RateRules, meter: Meter) -> Headers:
    """The request triple, and the same of tokens."""
    resets = duration(meter.reset_s)
    requests = (str(meter.tier.limit), str(meter.remaining), resets)
    tokens = (str(meter.tier.tokens_per_minute), str(meter.tokens_left), resets)
    names = (rate.limit, rate.remaining, rate.reset)
    return (*zip(names, requests, strict=True), *zip(rate.tokens, tokens, strict=False))


def silent(rate: RateRules, meter: Meter) -> Headers:
    return ()


def in_seconds(meter: Meter) -> Headers:
    return (("Retry-After", str(whole(meter.free_s))),)


def in_both_units(meter: Meter) -> Headers:
    """The wait as OpenAI's clients read it: first in milliseconds, then in seconds."""
    return (("retry-after-ms", str(max(1, math.ceil(meter.free_s * 1000)))), *in_seconds(meter))


WAITS: Mapping[str, Callable[[Meter], Headers]] = {"openai": in_both_units}
DIALECTS: Mapping[str, Callable[[RateRules, Meter], Headers]] = {"triple": triple, "openai": openai}


def headers_of(profile: Profile, meter: Meter) -> Headers:
    return DIALECTS.get(profile.rate.dialect, silent)(profile.rate, meter)


def refuse_rush(profile: Profile, meter: Meter) -> None:
    """Refuse a request beyond the minute's limit."""
    if meter.limited:
        limit = f"tokens: {meter.tier.tokens_per_minute}" if meter.remaining else f"requests: {meter.tier.limit}"
        refused = RequestRefused("rate-limited", f"Rate limit reached for {limit} per minute.")
        refused.headers = WAITS.get(profile.rate.dialect, in_seconds)(meter) if profile.rate.retry_after else ()
        raise refused


def refuse_volume(profile: Profile, lack: str) -> None:
    """Refuse a request for which nothing is left, for the reason given; none where there is no lack."""
    if lack and profile.rate.counts_months:
        raise RequestRefused("quota-exhausted", lack)
