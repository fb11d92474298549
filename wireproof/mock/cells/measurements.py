"""What a cell really did, and when: the other half of every measurement of a client."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from wireproof.stats import bucket_value, quantile

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
MOST_WAITING = 4096


class Truth:
    """Distributions of a cell's own times, in milliseconds."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[float]] = defaultdict(list)
        self._known: dict[str, Counter[float]] = defaultdict(Counter)
        self.counts: Counter[str] = Counter()

    def note(self, kind: str, seconds: float) -> None:
        waiting = self._waiting[kind]
        waiting.append(seconds * 1e3)
        if len(waiting) >= MOST_WAITING:
            self._pour(kind)

    def note_nothings(self, kind: str, number: int) -> None:
        """As many values of zero."""
        if number:
            self._known[kind][0.0] += number

    def clear(self) -> None:
        for kept in (self._waiting, self._known, self.counts):
            kept.clear()

    def told(self) -> dict[str, Any]:
        for kind in tuple(self._waiting):
            self._pour(kind)
        return {"counts": dict(self.counts), "ms": {kind: _told(known) for kind, known in self._known.items()}}

    def _pour(self, kind: str) -> None:
        self._known[kind].update(map(bucket_value, self._waiting[kind]))
        self._waiting[kind].clear()


def _told(known: Counter[float]) -> dict[str, Any]:
    return {"n": known.total(), "max": max(known), **{name: quantile(known, share) for name, share in SHARES.items()}}


class Watch:
    """One answer as it is sent: how late each write is, and when its tokens leave."""

    __slots__ = ("_asked_at", "_last_at", "_place", "_truth", "_weights", "apart")

    def __init__(self, truth: Truth, weights: tuple[int, ...], asked_at: float, *, apart: bool = False) -> None:
        self.apart = apart
        self._truth, self._weights, self._asked_at = truth, weights, asked_at
        self._place = 0
        self._last_at: float | None = None

    def wrote(self, number: int, due_at: float, now: float) -> None:
        """Operations have been handed to the system together; the first of them was due then."""
        truth, place = self._truth, self._place
        self._place += number
        truth.note("lateness", max(0.0, now - due_at))
        tokens = sum(self._weights[place : self._place])
        if tokens:
            truth.note("gap" if self._last_at is not None else "ttft", now - (self._last_at or self._asked_at))
            truth.note_nothings("gap", tokens - 1)
            self._last_at = now
        if self._place == len(self._weights):
            truth.counts["answers"] += 1
            truth.note("e2e", now - self._asked_at)
