"""The times that a cell measures itself, to check the measurements of a client against."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from wireproof.stats import bucket_value, quantile

CELL_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
MAX_PENDING_VALUES = 4096


class Measurements:
    """Distributions of the times of a cell, in milliseconds."""

    def __init__(self) -> None:
        self._pending: dict[str, list[float]] = defaultdict(list)
        self._buckets: dict[str, Counter[float]] = defaultdict(Counter)
        self.counts: Counter[str] = Counter()

    def record(self, kind: str, seconds: float) -> None:
        pending = self._pending[kind]
        pending.append(seconds * 1e3)
        if len(pending) >= MAX_PENDING_VALUES:
            self._flush(kind)

    def record_zeros(self, kind: str, number: int) -> None:
        """Records this number of values of 0."""
        if number:
            self._buckets[kind][0.0] += number

    def clear(self) -> None:
        for values in (self._pending, self._buckets, self.counts):
            values.clear()

    def to_json(self) -> dict[str, Any]:
        for kind in tuple(self._pending):
            self._flush(kind)
        return {
            "counts": dict(self.counts),
            "ms": {kind: _distribution_json(buckets) for kind, buckets in self._buckets.items()},
        }

    def _flush(self, kind: str) -> None:
        self._buckets[kind].update(map(bucket_value, self._pending[kind]))
        self._pending[kind].clear()


def _distribution_json(buckets: Counter[float]) -> dict[str, Any]:
    return {
        "n": buckets.total(),
        "max": max(buckets),
        **{name: quantile(buckets, share) for name, share in CELL_PERCENTILES.items()},
    }


class SendTimer:
    """Measures one answer while it is sent: the lateness of each write and the times of its tokens."""

    __slots__ = ("_last_at", "_measurements", "_place", "_requested_at", "_weights", "separate_writes")

    def __init__(
        self,
        measurements: Measurements,
        weights: tuple[int, ...],
        requested_at: float,
        *,
        separate_writes: bool = False,
    ) -> None:
        self.separate_writes = separate_writes
        self._measurements, self._weights, self._requested_at = measurements, weights, requested_at
        self._place = 0
        self._last_at: float | None = None

    def record_write(self, number: int, due_at: float, now: float) -> None:
        """Records operations that were written together; `due_at` is the deadline of the first one."""
        measurements, place = self._measurements, self._place
        self._place += number
        measurements.record("lateness", max(0.0, now - due_at))
        tokens = sum(self._weights[place : self._place])
        if tokens:
            measurements.record(
                "gap" if self._last_at is not None else "ttft", now - (self._last_at or self._requested_at)
            )
            measurements.record_zeros("gap", tokens - 1)
            self._last_at = now
        if self._place == len(self._weights):
            measurements.counts["answers"] += 1
            measurements.record("e2e", now - self._requested_at)
