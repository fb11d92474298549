"""What a slice of the timeline says, in a summary: what ended in it, and the values that were measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any


def outcomes(counts: Mapping[str, int], part: str = "") -> Counter[str]:
    """Outcome → how many, of all requests; of one part of the run, where it is named."""
    found: Counter[str] = Counter()
    for key, number in counts.items():
        if "/" in key and key.startswith(part):
            found[key.rpartition("/")[2]] += number
    return found


def values(one: Mapping[str, Any], metric: str) -> Counter[float]:
    """Value → how many, of all requests."""
    found: Counter[float] = Counter()
    for metrics in one["metrics"].values():
        found.update(dict(metrics.get(metric, ())))
    return found
