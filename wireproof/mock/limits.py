"""How an account's standing is shown in headers, in the dialect of the profile."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from wireproof.mock.accounts import WINDOW_S, Meter
from wireproof.mock.message import Headers
from wireproof.mock.profile import Profile
from wireproof.mock.rate import Rate
from wireproof.mock.refusal import Refused

TOKENS_A_REQUEST = 400


def stranger(rate: Rate) -> Meter:
    """The standing shown to a caller without an account: the lowest tier's, untouched."""
    return Meter(rate.lowest, rate.lowest.limit, WINDOW_S)


def duration(seconds: float) -> str:
    """Seconds as OpenAI prints them: `120ms`, `1s`, `6m0s`."""
    if seconds < 1:
        return f"{max(1, math.ceil(seconds * 1000))}ms"
    whole = math.ceil(seconds)
    return f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60}s"


def triple(rate: Rate, meter: Meter) -> Headers:
    return (
        (rate.limit, str(meter.tier.limit)),
        (rate.remaining, str(meter.remaining)),
        (rate.reset, str(meter.wait_s)),
    )


def openai(rate: Rate, meter: Meter) -> Headers:
    """The request triple, and the same of tokens."""
    requests = ((rate.limit, str(meter.tier.limit)), (rate.remaining, str(meter.remaining)))
    resets = duration(meter.reset_s)
    tokens = (
        (rate.limit.replace("requests", "tokens"), str(meter.tier.limit * TOKENS_A_REQUEST)),
        (rate.remaining.replace("requests", "tokens"), str(meter.remaining * TOKENS_A_REQUEST)),
        (rate.reset.replace("requests", "tokens"), resets),
    )
    return (*requests, (rate.reset, resets), *tokens)


def silent(rate: Rate, meter: Meter) -> Headers:
    return ()


DIALECTS: Mapping[str, Callable[[Rate, Meter], Headers]] = {"triple": triple, "openai": openai}


def headers_of(profile: Profile, meter: Meter) -> Headers:
    return DIALECTS.get(profile.rate.dialect, silent)(profile.rate, meter)


def refuse_rush(profile: Profile, meter: Meter) -> None:
    """Refuse a request beyond the minute's limit."""
    if meter.limited:
        refused = Refused("rate-limited", f"Rate limit reached for requests: {meter.tier.limit} per minute.")
        if profile.rate.retry_after:
            refused.headers = (("Retry-After", str(meter.wait_s)),)
        raise refused


def refuse_volume(profile: Profile, lack: str) -> None:
    """Refuse a request for which nothing is left, for the reason given; none where there is no lack."""
    if lack and profile.rate.counts_months:
        raise Refused("quota-exhausted", lack)
