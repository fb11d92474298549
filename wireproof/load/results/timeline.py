"""The timeline of a run: counts and distributions by slice of time. Slices of several processes can be added.

The functions at the end of this module read the slices of a summary.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wireproof.load.results.counters import CounterKey, counters_from_rows, counters_to_rows

MIN_SLICE_WIDTH_S = 0.5
# With more slices their width is doubled, so that the summary of a run of days is no larger than that of a minute.
MAX_SLICES = 120

MetricKey = tuple[str, str]


@dataclass(slots=True)
class TimeSlice:
    """Requests that ended within one slice; `metrics` counts values in the buckets of `wireproof.stats`."""

    counts: Counter[CounterKey] = field(default_factory=Counter)
    metrics: defaultdict[MetricKey, Counter[float]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, other: TimeSlice) -> None:
        self.counts.update(other.counts)
        for metric, counts in other.metrics.items():
            self.metrics[metric].update(counts)


class Timeline:
    """The slices of a run, at most `MAX_SLICES`."""

    def __init__(self) -> None:
        self.width_s = MIN_SLICE_WIDTH_S
        self._slices: dict[int, TimeSlice] = {}

    def slice_at(self, second: float) -> TimeSlice:
        """Returns the slice at a second of the run; negative seconds belong to the first slice."""
        place = int(max(0.0, second) / self.width_s)
        while place >= MAX_SLICES:
            self._widen()
            place //= 2
        return self._slices.setdefault(place, TimeSlice())

    def clear(self) -> None:
        self._slices.clear()

    def to_json(self) -> dict[str, Any]:
        """The slices in the form that processes exchange."""
        rows: list[Any] = []
        for place, time_slice in sorted(self._slices.items()):
            metrics: list[Any] = [[name, kind, dict(counts)] for (name, kind), counts in time_slice.metrics.items()]
            rows.append([place, counters_to_rows(time_slice.counts), metrics])
        return {"width_s": self.width_s, "slices": rows}

    def add_json(self, data: Mapping[str, Any]) -> None:
        """Adds the slices of another process, in the form of `to_json`."""
        while self.width_s < data["width_s"]:
            self._widen()
        for place, counts, rows in data["slices"]:
            metrics = {(name, kind): Counter(values) for name, kind, values in rows}
            self.slice_at(place * data["width_s"]).add(
                TimeSlice(counters_from_rows(counts), defaultdict(Counter, metrics))
            )

    def as_data(self) -> dict[str, Any]:
        """The form in a summary: values as [milliseconds, number], accurate to half a percent."""
        slices = [_slice_to_json(place, time_slice) for place, time_slice in sorted(self._slices.items())]
        return {"width_s": self.width_s, "slices": slices}

    def _widen(self) -> None:
        self.width_s *= 2
        slices, self._slices = self._slices, {}
        for place, time_slice in sorted(slices.items()):
            self._slices.setdefault(place // 2, TimeSlice()).add(time_slice)


def _slice_to_json(place: int, time_slice: TimeSlice) -> dict[str, Any]:
    metrics: dict[str, dict[str, Any]] = {}
    for (name, kind), buckets in sorted(time_slice.metrics.items()):
        values = [[float(f"{value:.4g}"), number] for value, number in sorted(buckets.items())]
        metrics.setdefault(name, {})[kind] = values
    counts = {key.as_text(): number for key, number in time_slice.counts.items()}
    return {"place": place, "counts": dict(sorted(counts.items())), "metrics": metrics}


def outcomes_from_counts(counts: Mapping[str, int], part: str = "") -> Counter[str]:
    """Outcome → number of requests, in one part of the run if it is named."""
    outcomes: Counter[str] = Counter()
    for text, number in counts.items():
        key = CounterKey.from_text(text)
        if key.part and part in ("", key.kind):
            outcomes[key.part] += number
    return outcomes


def values_of_metric(time_slice: Mapping[str, Any], metric: str) -> Counter[float]:
    """Value → number, over all requests."""
    values: Counter[float] = Counter()
    for metrics in time_slice["metrics"].values():
        values.update(dict(metrics.get(metric, ())))
    return values
