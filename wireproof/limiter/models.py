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
class Seen:
    """One request, and whether it was admitted.

    Attributes:
        at: the moment in Unix seconds by the clock of the target.
        blur: seconds by which it may be earlier or later.
    """

    at: float
    admitted: bool
    blur: float = 0.0


# Of sums of parts of a token.
ROUNDING = 1e-6

Model = Callable[[Sequence[Seen], int, float], int]


def from_first(seen: Sequence[Seen], limit: int, window_s: float) -> int:
    """Fixed windows, each of which begins with the first request after the last one."""
    first, count, explained = Seen(-math.inf, True), 0, 0
    for one in seen:
        left, blur = first.at + window_s - one.at, first.blur + one.blur
        if left < -blur or (left <= blur and one.admitted and count >= limit):
            first, count = one, 0
        explained += (count < limit) == one.admitted
        count += one.admitted
    return explained


def by_clock(seen: Sequence[Seen], limit: int, window_s: float) -> int:
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


def sliding(seen: Sequence[Seen], limit: int, window_s: float) -> int:
    """As many requests as the limit in any window: each is free again a window after it came."""
    taken: deque[Seen] = deque()
    explained = 0
    for one in seen:
        at, blur, free = one.at, one.blur, False
        while taken:
            first = taken[0]
            over = at - first.at - window_s
            if over <= blur + first.blur:
                free = over >= -blur - first.blur
                break
            taken.popleft()
        if one.admitted:
            explained += len(taken) < limit + free
            if free and len(taken) >= limit:
                taken.popleft()
            taken.append(one)
        else:
            explained += len(taken) >= limit
    return explained


def bucket(seen: Sequence[Seen], limit: int, window_s: float) -> int:
    """A bucket of `limit` tokens, one a request, that fills from empty to full in a window."""
    level, before, doubt, share, explained = float(limit), -math.inf, -1.0, 0.0, 0
    for one in seen:
        at, blur = one.at, one.blur
        if level < limit and at > before:
            level = min(limit, level + (at - before) * limit / window_s)
        # What has flowed in since the bucket was full is as doubtful as the moments it flowed between.
        if blur > doubt or (level == limit and blur != doubt):
            doubt, share = blur, 2 * blur * limit / window_s + ROUNDING
        before = at
        if one.admitted:
            explained += level >= 1 - share
            level = level - 1 if level > 1 else 0.0
        else:
            explained += level < 1 + share
    return explained


MODELS: Mapping[str, Model] = {
    "fixed window": from_first,
    "fixed window by the clock": by_clock,
    "sliding window": sliding,
    "token bucket": bucket,
}
