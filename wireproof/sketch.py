"""Distributions that can be merged: counts by bucket, in the buckets of DDSketch.

A bucket stands for every value within 0.5 % of it, so two halves of a run merged by adding their counts give
exactly the percentiles of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ddsketch import DDSketch
from ddsketch.mapping import LogarithmicMapping

ACCURACY = 0.005
MAPPING = LogarithmicMapping(ACCURACY)
# What is shorter stands as nothing: a thousandth of what a clock of ours can tell apart.
NOTHING = 1e-9
# A percentile needs this many values beyond it, or one straggler decides it.
BEYOND = 5

Counts = Mapping[float, int]


def bucket(value: float) -> float:
    """The value that stands for all values of the same bucket."""
    if value <= NOTHING:
        return 0.0
    stands_for: float = MAPPING.value(MAPPING.key(value))
    return stands_for


def quantile(counts: Counts, share: float) -> float | None:
    """The value below which that share lies; None where too few values lie beyond it to say."""
    total = sum(counts.values())
    if not total or total * min(share, 1 - share) < BEYOND:
        return None
    sketch = DDSketch(ACCURACY)
    for value, count in counts.items():
        sketch.add(value, count)
    found: float | None = sketch.get_quantile_value(share)
    return found


def merged(parts: Iterable[Counts]) -> Counter[float]:
    """The counts of several distributions as those of one."""
    whole: Counter[float] = Counter()
    for part in parts:
        whole.update(part)
    return whole
