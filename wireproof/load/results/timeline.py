"""A run in slices of time: counts and distributions of what ended in each. Slices of several processes add up.

The functions at the end read a slice as a summary holds it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.load.results.counters import CounterKey, counters_from_rows, counters_to_rows

MIN_SLICE_WIDTH_S = 0.5
# More slices than this are told at half the resolution, so that a run of days is no larger than one of a minute.
MAX_SLICES = 120

MetricKey = tuple[str, str]


@dataclass(slots=True)
class TimeSlice:
    """What ended within a stretch of the run; `metrics` counts values in the buckets of `wireproof.stats`."""

    counts: Counter[CounterKey] = field(default_factory=Counter)
    metrics: defaultdict[MetricKey, Counter[float]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, other: TimeSlice) -> None:
        self.counts.update(other.counts)
        for metric, counts in other.metrics.items():
            self.metrics[metric].update(counts)


class Timeline:
    """The slices of a run, as many as fit."""

    def __init__(self) -> None:
        self.width_s = MIN_SLICE_WIDTH_S
        self._slices: dict[int, TimeSlice] = {}

    def slice_at(self, second: float) -> TimeSlice:
        """The slice of a moment; what was before the beginning belongs to the first."""
        place = int(max(0.0, second) / self.width_s)
        while place >= MAX_SLICES:
            self._widen()
            place //= 2
        return self._slices.setdefault(place, TimeSlice())

    def clear(self) -> None:
        self._slices.clear()

    def to_json(self) -> dict[str, Any]:
        """The slices for another process."""
        rows: list[Any] = []
        for place, one in sorted(self._slices.items()):
            metrics: list[Any] = [[name, kind, dict(counts)] for (name, kind), counts in one.metrics.items()]
            rows.append([place, counters_to_rows(one.counts), metrics])
        return {"width_s": self.width_s, "slices": rows}

    def add_json(self, told: Mapping[str, Any]) -> None:
        """Add the slices that another process told."""
        while self.width_s < told["width_s"]:
            self._widen()
        for place, counts, metrics in told["slices"]:
            known = {(name, kind): Counter(values) for name, kind, values in metrics}
            self.slice_at(place * told["width_s"]).add(
                TimeSlice(counters_from_rows(counts), defaultdict(Counter, known))
            )

    def as_data(self) -> dict[str, Any]:
        """The JSON form: values as [milliseconds, how many], each standing for those within half a percent of it."""
        slices = [_slice_to_json(place, one) for place, one in sorted(self._slices.items())]
        return {"width_s": self.width_s, "slices": slices}

    def _widen(self) -> None:
        self.width_s *= 2
        slices, self._slices = self._slices, {}
        for place, one in sorted(slices.items()):
            self._slices.setdefault(place // 2, TimeSlice()).add(one)


def _slice_to_json(place: int, one: TimeSlice) -> dict[str, Any]:
    metrics: dict[str, dict[str, Any]] = {}
    for (name, kind), found in sorted(one.metrics.items()):
        values = [[float(f"{value:.4g}"), number] for value, number in sorted(found.items())]
        metrics.setdefault(name, {})[kind] = values
    counts = {key.as_text(): number for key, number in one.counts.items()}
    return {"place": place, "counts": dict(sorted(counts.items())), "metrics": metrics}


def outcomes_from_counts(counts: Mapping[str, int], part: str = "") -> Counter[str]:
    """Outcome → how many, of all requests; of one part of the run, where it is named."""
    found: Counter[str] = Counter()
    for text, number in counts.items():
        key = CounterKey.from_text(text)
        if key.part and part in ("", key.kind):
            found[key.part] += number
    return found


def values_of_metric(one: Mapping[str, Any], metric: str) -> Counter[float]:
    """Value → how many, of all requests."""
    found: Counter[float] = Counter()
    for metrics in one["metrics"].values():
        found.update(dict(metrics.get(metric, ())))
    return found
