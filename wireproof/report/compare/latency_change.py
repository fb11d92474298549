"""The change of latencies from one run to another, request by request.

Both runs send the same requests, so their times are compared pair by pair. The median of the ratios has the interval
of the sign test, which needs no assumption about the distribution of times and no random numbers. The intervals of
one comparison hold simultaneously.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from wireproof.evidence.exchange import Exchange
from wireproof.stats import median_interval

LATENCY_CONFIDENCE = 0.95
# With fewer values there is no interval at this confidence.
MIN_PAIRS = 6
# (target, endpoint, case, turn, step) → milliseconds by name: head, first byte, whole.
TimesByRequest = Mapping[tuple[str, str, str, int, int], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class LatencyChange:
    """The change of one latency of a target's endpoint.

    Attributes:
        of: the latency: head, first byte or whole.
        cases: number of requests compared.
        before_ms, after_ms: medians of both runs.
        ratio: the median of the ratios request by request; 1 is no change.
        low, high: the interval of the ratio; None if there are too few requests.
    """

    target: str
    endpoint: str
    of: str
    cases: int
    before_ms: float
    after_ms: float
    ratio: float
    low: float | None
    high: float | None

    @property
    def moved(self) -> bool:
        """True if the interval excludes 1 (no change)."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in (*self.__slots__, "moved")}


def latency_changes(before: TimesByRequest, after: TimesByRequest) -> Iterable[LatencyChange]:
    """Yields the change of each latency of each target's endpoint, over the requests that both runs sent."""
    pairs: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for key, times in after.items():
        for of, ms in times.items():
            old = before.get(key, {}).get(of, 0.0)
            if old > 0 and ms > 0:
                pairs.setdefault((key[0], key[1], of), []).append((old, ms))
    interval_count = sum(len(timed) >= MIN_PAIRS for timed in pairs.values())
    # Bonferroni: each interval has a higher confidence, so that all of them hold in 95 of 100 comparisons.
    confidence = 1 - (1 - LATENCY_CONFIDENCE) / max(1, interval_count)
    for (target, endpoint, of), timed in sorted(pairs.items()):
        ratios = sorted(new / old for old, new in timed)
        low, high = median_interval(ratios, confidence)
        old_ms, new_ms = (round(median(column), 3) for column in zip(*timed, strict=True))
        ratio = round(median(ratios), 4)
        yield LatencyChange(target, endpoint, of, len(timed), old_ms, new_ms, ratio, low, high)


def times_in_ms(exchange: Exchange) -> dict[str, float]:
    """The latencies of a complete and successful exchange, in ms from its start; empty for any other."""
    if not exchange.is_success or exchange.ended_ns is None or exchange.headers_ns is None:
        return {}
    first = exchange.reads[0].at_ns if exchange.reads else exchange.headers_ns
    moments = {"head": exchange.headers_ns, "first byte": first, "whole": exchange.ended_ns}
    return {of: (at - exchange.started_ns) / 1e6 for of, at in moments.items()}
