"""Models of rate limiters: each counts the requests whose admission or refusal it explains.

A model predicts each request from the requests that were really admitted before it. The exact arrival of a request at
the limiter is unknown; if a window may have ended in that interval, the model explains both results. The models are
written independently of the reference server's limiter, so that each can be tested against the other.

The requests are in order. A model is told the least number that is of interest: as soon as too many requests are
unexplained, it leaves out the rest and returns a smaller number.
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

LimiterModel = Callable[[Sequence[Observation], int, float, int], int]


def explained_by_windows_from_first(seen: Sequence[Observation], limit: int, window_s: float, least: int) -> int:
    """Fixed windows, each of which starts with the first request after the previous window."""
    first, count = Observation(-math.inf, True), 0
    unexplained, most_unexplained = 0, len(seen) - least
    for request in seen:
        left_s, blur = first.at + window_s - request.at, first.blur + request.blur
        if left_s < -blur or (left_s <= blur and request.admitted and count >= limit):
            first, count = request, 0
        if (count < limit) != request.admitted:
            unexplained += 1
            if unexplained > most_unexplained:
                break
        count += request.admitted
    return len(seen) - unexplained


def explained_by_clock_windows(seen: Sequence[Observation], limit: int, window_s: float, least: int) -> int:
    """Fixed windows that start at multiples of the window on the clock."""
    current, count = -math.inf, 0
    unexplained, most_unexplained = 0, len(seen) - least
    for request in seen:
        early, late = (request.at - request.blur) // window_s, (request.at + request.blur) // window_s
        window = late if request.admitted and count >= limit else early
        if window > current:
            current, count = window, 0
        if (count < limit) != request.admitted:
            unexplained += 1
            if unexplained > most_unexplained:
                break
        count += request.admitted
    return len(seen) - unexplained


def explained_by_sliding_window(seen: Sequence[Observation], limit: int, window_s: float, least: int) -> int:
    """At most `limit` requests in any interval of one window: each stops counting a window after its arrival."""
    counted: deque[Observation] = deque()
    unexplained, most_unexplained = 0, len(seen) - least
    for request in seen:
        while counted and request.at - counted[0].at - window_s > request.blur + counted[0].blur:
            counted.popleft()
        # The oldest request may or may not have left the window.
        may_be_free = bool(counted) and request.at - counted[0].at - window_s >= -request.blur - counted[0].blur
        if len(counted) >= limit + may_be_free if request.admitted else len(counted) < limit:
            unexplained += 1
            if unexplained > most_unexplained:
                break
        if request.admitted:
            if may_be_free and len(counted) >= limit:
                counted.popleft()
            counted.append(request)
    return len(seen) - unexplained


def explained_by_token_bucket(seen: Sequence[Observation], limit: int, window_s: float, least: int) -> int:
    """A bucket of `limit` tokens, one per request, that refills from empty to full in one window."""
    full = level = float(limit)
    before, blur, tolerance = -math.inf, -1.0, 0.0
    unexplained, most_unexplained = 0, len(seen) - least
    for request in seen:
        if level < full:
            level += (request.at - before) * limit / window_s
            if level > full:
                level = full
        before = request.at
        # The level is uncertain by the refill in the largest blur since the bucket was full.
        if level == full or request.blur > blur:
            blur = request.blur
            tolerance = 2 * blur * limit / window_s + TOKEN_ROUNDING
        if request.admitted:
            is_explained = level >= 1 - tolerance
            level = level - 1 if level > 1 else 0.0
        else:
            is_explained = level < 1 + tolerance
        if not is_explained:
            unexplained += 1
            if unexplained > most_unexplained:
                break
    return len(seen) - unexplained


LIMITER_MODELS: Mapping[str, LimiterModel] = {
    "fixed window": explained_by_windows_from_first,
    "fixed window by the clock": explained_by_clock_windows,
    "sliding window": explained_by_sliding_window,
    "token bucket": explained_by_token_bucket,
}
