"""Intervals without an assumption about how values are spread, and without drawing at random."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import comb, sqrt
from statistics import NormalDist, median

Interval = tuple[float, float]


def ratio(before: Sequence[float], after: Sequence[float], error: float) -> tuple[float, Interval | None]:
    """By how much values moved: the middle of all ratios, and its interval; None where they are too few for one.

    The interval is that of the rank sum test (Hodges and Lehmann), by its exact distribution.
    """
    ratios = sorted(new / old for new in after for old in before)
    beyond = _critical(len(before), len(after), error)
    return median(ratios), None if beyond < 0 else (ratios[beyond], ratios[-1 - beyond])


def _critical(left: int, right: int, error: float) -> int:
    """The most ratios that may be left out at each end; -1 where none may."""
    whole = comb(left + right, right)
    below = accumulate(_ways(left, right))
    return sum(1 for ways in below if 2 * ways <= error * whole) - 1


def _ways(left: int, right: int) -> list[int]:
    """How many orders of two samples have each rank sum, from the lowest: the Gaussian binomial coefficients."""
    ways = [1] + [0] * (left * right)
    for step in range(1, right + 1):
        for place in range(len(ways) - 1, left + step - 1, -1):
            ways[place] -= ways[place - left - step]
        for place in range(step, len(ways)):
            ways[place] += ways[place - step]
    return ways


def difference(before: tuple[int, int], after: tuple[int, int], error: float) -> tuple[float, Interval]:
    """By how much a share moved, each given as (part, whole), and its interval (Newcombe, of Wilson's scores)."""
    (low, high), (least, most) = wilson(*before, error), wilson(*after, error)
    was, now = before[0] / before[1], after[0] / after[1]
    moved = now - was
    down, up = sqrt((now - least) ** 2 + (high - was) ** 2), sqrt((most - now) ** 2 + (was - low) ** 2)
    return moved, (moved - down, moved + up)


def wilson(part: int, whole: int, error: float) -> Interval:
    """The interval of a share by Wilson's score, which leaves it out in `error` of all cases."""
    z = NormalDist().inv_cdf(1 - error / 2)
    share, weight = part / whole, z * z / whole
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(share * (1 - share) / whole + weight / whole / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
