"""What a cell really did, and when: the other half of every measurement of a client."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from wireproof.stats import bucket_value, quantile

CELL_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
MAX_PENDING_VALUES = 4096


class Measurements:
    """Distributions of a cell's own times, in milliseconds."""

    def __init__(self) -> None:
        self._pending: dict[str, list[float]] = defaultdict(list)
        self._buckets: dict[str, Counter[float]] = defaultdict(Counter)
        self.counts: Counter[str] = Counter()

    def record(self, kind: str, seconds: float) -> None:
        waiting = self._pending[kind]
        waiting.append(seconds * 1e3)
        if len(waiting) >= MAX_PENDING_VALUES:
            self._flush(kind)

    def record_zeros(self, kind: str, number: int) -> None:
        """As many values of zero."""
        if number:
            self._buckets[kind][0.0] += number

    def clear(self) -> None:
        for kept in (self._pending, self._buckets, self.counts):
            kept.clear()

    def to_json(self) -> dict[str, Any]:
        for kind in tuple(self._pending):
            self._flush(kind)
        return {
            "counts": dict(self.counts),
            "ms": {kind: _distribution_json(known) for kind, known in self._buckets.items()},
        }

    def _flush(self, kind: str) -> None:
        self._buckets[kind].update(map(bucket_value, self._pending[kind]))
        self._pending[kind].clear()


def _distribution_json(known: Counter[float]) -> dict[str, Any]:
    return {
        "n": known.total(),
        "max": max(known),
        **{name: quantile(known, share) for name, share in CELL_PERCENTILES.items()},
    }


class SendTimer:
    """One answer as it is sent: how late each write is, and when its tokens leave."""

    __slots__ = ("_asked_at", "_last_at", "_place", "_truth", "_weights", "apart")

    def __init__(self, truth: Measurements, weights: tuple[int, ...], asked_at: float, *, apart: bool = False) -> None:
        self.apart = apart
        self._truth, self._weights, self._asked_at = truth, weights, asked_at
        self._place = 0
        self._last_at: float | None = None

    def record_write(self, number: int, due_at: float, now: float) -> None:
        """Operations have been handed to the system together; the first of them was due then."""
        truth, place = self._truth, self._place
        self._place += number
        truth.record("lateness", max(0.0, now - due_at))
        tokens = sum(self._weights[place : self._place])
        if tokens:
            truth.record("gap" if self._last_at is not None else "ttft", now - (self._last_at or self._asked_at))
            truth.record_zeros("gap", tokens - 1)
            self._last_at = now
        if self._place == len(self._weights):
            truth.counts["answers"] += 1
            truth.record("e2e", now - self._asked_at)
