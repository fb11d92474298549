"""Statistics: histograms that merge, percentiles, and intervals from ranks and shares.

A histogram counts values by bucket, in the buckets of DDSketch. A bucket stands for every value within 0.5 % of it.
Histograms are merged by adding their counts, and the merged one has exactly the percentiles of the whole run.
The intervals are free of assumptions about the distribution of the values, and of random numbers.
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
# Smaller values count as zero; a thousandth of the resolution of our clock.
ZERO_THRESHOLD = 1e-9
# A percentile needs this many values beyond it; with fewer, one outlier decides it.
MIN_VALUES_BEYOND = 5

BucketCounts = Mapping[float, int]
Interval = tuple[float, float]


def bucket_value(value: float) -> float:
    """The value that represents all values of the same bucket."""
    if value <= ZERO_THRESHOLD:
        return 0.0
    representative: float = BUCKET_MAPPING.value(BUCKET_MAPPING.key(value))
    return representative


def quantile(counts: BucketCounts, share: float) -> float | None:
    """The value below which that share of the values lies; None if fewer than MIN_VALUES_BEYOND lie beyond it."""
    total = sum(counts.values())
    if not total or total * min(share, 1 - share) < MIN_VALUES_BEYOND:
        return None
    sketch = DDSketch(RELATIVE_ACCURACY)
    for value, count in counts.items():
        sketch.add(value, count)
    result: float | None = sketch.get_quantile_value(share)
    return result


def merge_counts(parts: Iterable[BucketCounts]) -> Counter[float]:
    """Adds the counts of several histograms."""
    total: Counter[float] = Counter()
    for part in parts:
        total.update(part)
    return total


def median_interval(ordered: Sequence[float], confidence: float) -> tuple[float | None, float | None]:
    """The confidence interval of the median of sorted values (sign test); (None, None) for too few values."""
    size, tail, rank = len(ordered), 0.0, -1
    while rank + 1 < size / 2 and 2 * (tail + comb(size, rank + 1) / 2**size) <= 1 - confidence:
        rank += 1
        tail += comb(size, rank) / 2**size
    return (None, None) if rank < 0 else (round(ordered[rank], 4), round(ordered[size - 1 - rank], 4))


def median_ratio(before: Sequence[float], after: Sequence[float], error: float) -> tuple[float, Interval | None]:
    """The ratio by which values changed: the median of all pairwise ratios, and its interval.

    The interval is that of the rank sum test (Hodges and Lehmann), by its exact distribution; None for too few values.
    """
    ratios = sorted(new / old for new in after for old in before)
    left_out = _max_left_out(len(before), len(after), error)
    return median(ratios), None if left_out < 0 else (ratios[left_out], ratios[-1 - left_out])


def _max_left_out(left: int, right: int, error: float) -> int:
    """The largest number of ratios that may be left out at each end; -1 if the samples are too small."""
    orders = comb(left + right, right)
    cumulative = accumulate(_rank_sum_counts(left, right))
    return sum(1 for ways in cumulative if 2 * ways <= error * orders) - 1


def _rank_sum_counts(left: int, right: int) -> list[int]:
    """The number of orders of two samples for each rank sum, lowest first (the Gaussian binomial coefficients)."""
    ways = [1] + [0] * (left * right)
    for step in range(1, right + 1):
        for place in range(len(ways) - 1, left + step - 1, -1):
            ways[place] -= ways[place - left - step]
        for place in range(step, len(ways)):
            ways[place] += ways[place - step]
    return ways


def share_difference(before: tuple[int, int], after: tuple[int, int], error: float) -> tuple[float, Interval]:
    """The change of a share and its interval (Newcombe, from Wilson's scores).

    Args:
        before: the share as (part, whole); so is `after`.
    """
    (old_low, old_high), (new_low, new_high) = wilson_interval(*before, error), wilson_interval(*after, error)
    old, new = before[0] / before[1], after[0] / after[1]
    change = new - old
    down, up = sqrt((new - new_low) ** 2 + (old_high - old) ** 2), sqrt((new_high - new) ** 2 + (old - old_low) ** 2)
    return change, (change - down, change + up)


def wilson_interval(part: int, whole: int, error: float) -> Interval:
    """The confidence interval of a share by Wilson's score; it misses the share in `error` of all cases."""
    z = NormalDist().inv_cdf(1 - error / 2)
    share, weight = part / whole, z * z / whole
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(share * (1 - share) / whole + weight / whole / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
