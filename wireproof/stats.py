"""Statistics: histograms that merge, percentiles, and intervals from ranks and shares.

A histogram counts values by bucket, in the buckets of DDSketch. A bucket stands for every value within 0.5 % of it, so
two halves of a run merged by adding their counts give exactly the percentiles of the whole. The intervals assume
nothing about how values are spread and draw nothing at random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import comb, sqrt
from statistics import NormalDist, median

from ddsketch import DDSketch
from ddsketch.mapping import LogarithmicMapping

RELATIVE_ACCURACY = 0.005
BUCKET_MAPPING = LogarithmicMapping(RELATIVE_ACCURACY)
# What is shorter stands as nothing: a thousandth of what a clock of ours can tell apart.
ZERO_THRESHOLD = 1e-9
# A percentile needs this many values beyond it, or one straggler decides it.
MIN_VALUES_BEYOND = 5

BucketCounts = Mapping[float, int]
Interval = tuple[float, float]


def bucket_value(value: float) -> float:
    """The value that stands for all values of the same bucket."""
    if value <= ZERO_THRESHOLD:
        return 0.0
    stands_for: float = BUCKET_MAPPING.value(BUCKET_MAPPING.key(value))
    return stands_for


def quantile(counts: BucketCounts, share: float) -> float | None:
    """The value below which that share lies; None where too few values lie beyond it to say."""
    total = sum(counts.values())
    if not total or total * min(share, 1 - share) < MIN_VALUES_BEYOND:
        return None
    sketch = DDSketch(RELATIVE_ACCURACY)
    for value, count in counts.items():
        sketch.add(value, count)
    found: float | None = sketch.get_quantile_value(share)
    return found


def merge_counts(parts: Iterable[BucketCounts]) -> Counter[float]:
    """The counts of several distributions as those of one."""
    whole: Counter[float] = Counter()
    for part in parts:
        whole.update(part)
    return whole


def median_interval(ordered: Sequence[float], confidence: float) -> tuple[float | None, float | None]:
    """The interval of the median of values in order, from the binomial chance of each rank; None for too few values.

    It is that of the sign test.
    """
    size, tail, rank = len(ordered), 0.0, -1
    while rank + 1 < size / 2 and 2 * (tail + comb(size, rank + 1) / 2**size) <= 1 - confidence:
        rank += 1
        tail += comb(size, rank) / 2**size
    return (None, None) if rank < 0 else (round(ordered[rank], 4), round(ordered[size - 1 - rank], 4))


def median_ratio(before: Sequence[float], after: Sequence[float], error: float) -> tuple[float, Interval | None]:
    """By how much values moved: the middle of all ratios, and its interval; None where they are too few for one.

    The interval is that of the rank sum test (Hodges and Lehmann), by its exact distribution.
    """
    ratios = sorted(new / old for new in after for old in before)
    beyond = _max_left_out(len(before), len(after), error)
    return median(ratios), None if beyond < 0 else (ratios[beyond], ratios[-1 - beyond])


def _max_left_out(left: int, right: int, error: float) -> int:
    """The most ratios that may be left out at each end; -1 where none may."""
    whole = comb(left + right, right)
    below = accumulate(_rank_sum_counts(left, right))
    return sum(1 for ways in below if 2 * ways <= error * whole) - 1


def _rank_sum_counts(left: int, right: int) -> list[int]:
    """How many orders of two samples have each rank sum, from the lowest: the Gaussian binomial coefficients."""
    ways = [1] + [0] * (left * right)
    for step in range(1, right + 1):
        for place in range(len(ways) - 1, left + step - 1, -1):
            ways[place] -= ways[place - left - step]
        for place in range(step, len(ways)):
            ways[place] += ways[place - step]
    return ways


def share_difference(before: tuple[int, int], after: tuple[int, int], error: float) -> tuple[float, Interval]:
    """By how much a share moved, each given as (part, whole), and its interval (Newcombe, of Wilson's scores)."""
    (low, high), (least, most) = wilson_interval(*before, error), wilson_interval(*after, error)
    was, now = before[0] / before[1], after[0] / after[1]
    moved = now - was
    down, up = sqrt((now - least) ** 2 + (high - was) ** 2), sqrt((most - now) ** 2 + (was - low) ** 2)
    return moved, (moved - down, moved + up)


def wilson_interval(part: int, whole: int, error: float) -> Interval:
    """The interval of a share by Wilson's score, which leaves it out in `error` of all cases."""
    z = NormalDist().inv_cdf(1 - error / 2)
    share, weight = part / whole, z * z / whole
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(share * (1 - share) / whole + weight / whole / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
