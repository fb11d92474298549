"""How limiters admit: each model says of a request whether it would be, from what the limiter really admitted before.

When exactly a request reached the limiter is not known. Where a window ends in that while, the model explains both
answers, and goes on from the one that came. Written apart from the bundled server's limiter, so that neither is the
other's witness.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """One request, and whether it was admitted.

    Attributes:
        at: the moment in Unix seconds by the clock of the target.
        blur: seconds by which it may be earlier or later.
    """

    at: float
    admitted: bool
    blur: float = 0.0


# Of sums of parts of a token.
TOKEN_ROUNDING = 1e-6

LimiterModel = Callable[[Sequence[Observation], int, float], int]


def explained_by_windows_from_first(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """Fixed windows, each of which begins with the first request after the last one."""
    first, count, explained = Observation(-math.inf, True), 0, 0
    for one in seen:
        left, blur = first.at + window_s - one.at, first.blur + one.blur
        if left < -blur or (left <= blur and one.admitted and count >= limit):
            first, count = one, 0
        explained += (count < limit) == one.admitted
        count += one.admitted
    return explained


def explained_by_clock_windows(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """Fixed windows that follow each other on the clock, whether somebody asks or not."""
    current, count, explained = -math.inf, 0, 0
    for one in seen:
        early, late = (one.at - one.blur) // window_s, (one.at + one.blur) // window_s
        window = late if one.admitted and count >= limit else early
        if window > current:
            current, count = window, 0
        explained += (count < limit) == one.admitted
        count += one.admitted
    return explained


def explained_by_sliding_window(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """As many requests as the limit in any window: each is free again a window after it came."""
    taken: deque[Observation] = deque()
    explained = 0
    for one in seen:
        while taken and one.at - taken[0].at - window_s > one.blur + taken[0].blur:
            taken.popleft()
        free = bool(taken) and one.at - taken[0].at - window_s >= -one.blur - taken[0].blur
        explained += len(taken) < limit + free if one.admitted else len(taken) >= limit
        if one.admitted:
            if free and len(taken) >= limit:
                taken.popleft()
            taken.append(one)
    return explained


def explained_by_token_bucket(seen: Sequence[Observation], limit: int, window_s: float) -> int:
    """A bucket of `limit` tokens, one a request, that fills from empty to full in a window."""
    level, before, doubt, explained = float(limit), -math.inf, 0.0, 0
    for one in seen:
        if level < limit:
            level = min(limit, level + max(0.0, one.at - before) * limit / window_s)
        # What has flowed in since the bucket was full is as doubtful as the moments it flowed between.
        doubt = one.blur if level == limit else max(doubt, one.blur)
        before, share = one.at, 2 * doubt * limit / window_s + TOKEN_ROUNDING
        explained += level >= 1 - share if one.admitted else level < 1 + share
        if one.admitted:
            level = max(0.0, level - 1)
    return explained


LIMITER_MODELS: Mapping[str, LimiterModel] = {
    "fixed window": explained_by_windows_from_first,
    "fixed window by the clock": explained_by_clock_windows,
    "sliding window": explained_by_sliding_window,
    "token bucket": explained_by_token_bucket,
}
