"""Models of rate limiters: each counts the requests whose admission or refusal it explains.

A model predicts each request from the requests that were really admitted before it. The exact arrival of a request at
the limiter is unknown; if a window may have ended in that interval, the model explains both results. The models are
written independently of the reference server's limiter, so that each can be tested against the other.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """One request and its admission.

    Attributes:
        at: the estimated arrival, in Unix seconds by the clock of the target.
        admitted: False if it was refused for the limit.
        blur: seconds by which it may have arrived earlier or later.
    """

    at: float
    admitted: bool
    blur: float = 0.0


# Tolerance for sums of fractions of a token.
TOKEN_ROUNDING = 1e-6

LimiterModel = Callable[[Sequence[Observation], int, float], int]


def explained_by_windows_from_first(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """Fixed windows, each of which starts with the first request after the previous window."""
    first, count, explained = Observation(-math.inf, True), 0, 0
    for request in seen:
        left_s, blur = first.at + window_s - request.at, first.blur + request.blur
        if left_s < -blur or (left_s <= blur and request.admitted and count >= limit):
            first, count = request, 0
        explained += (count < limit) == request.admitted
        count += request.admitted
    return explained


def explained_by_clock_windows(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """Fixed windows that start at multiples of the window on the clock."""
    current, count, explained = -math.inf, 0, 0
    for request in seen:
        early, late = (request.at - request.blur) // window_s, (request.at + request.blur) // window_s
        window = late if request.admitted and count >= limit else early
        if window > current:
            current, count = window, 0
        explained += (count < limit) == request.admitted
        count += request.admitted
    return explained


def explained_by_sliding_window(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """At most `limit` requests in any interval of one window: each stops counting a window after its arrival."""
    counted: deque[Observation] = deque()
    explained = 0
    for request in seen:
        while counted and request.at - counted[0].at - window_s > request.blur + counted[0].blur:
            counted.popleft()
        # The oldest request may or may not have left the window.
        may_be_free = bool(counted) and request.at - counted[0].at - window_s >= -request.blur - counted[0].blur
        explained += len(counted) < limit + may_be_free if request.admitted else len(counted) >= limit
        if request.admitted:
            if may_be_free and len(counted) >= limit:
                counted.popleft()
            counted.append(request)
    return explained


def explained_by_token_bucket(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """A bucket of `limit` tokens, one per request, that refills from empty to full in one window."""
    level, before, blur, explained = float(limit), -math.inf, 0.0, 0
    for request in seen:
        if level < limit:
            level = min(limit, level + max(0.0, request.at - before) * limit / window_s)
        # The level is uncertain by the refill in the largest blur since the bucket was full.
        blur = request.blur if level == limit else max(blur, request.blur)
        before, tolerance = request.at, 2 * blur * limit / window_s + TOKEN_ROUNDING
        explained += level >= 1 - tolerance if request.admitted else level < 1 + tolerance
        if request.admitted:
            level = max(0.0, level - 1)
    return explained


LIMITER_MODELS: Mapping[str, LimiterModel] = {
    "fixed window": explained_by_windows_from_first,
    "fixed window by the clock": explained_by_clock_windows,
    "sliding window": explained_by_sliding_window,
    "token bucket": explained_by_token_bucket,
}
