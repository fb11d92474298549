"""How times moved from one run to another, request by request.

Each request is asked in both runs, so that times are compared pair by pair. The middle of their ratios has an interval
from its ranks alone (that of the sign test): it needs no assumption about how times are spread, and no sampling. The
intervals of one comparison hold all together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from wireproof.evidence.exchange import Exchange
from wireproof.stats import median_interval

LATENCY_CONFIDENCE = 0.95
# Fewer values have no interval at this confidence.
MIN_PAIRS = 6
# (target, endpoint, case, turn, step) → milliseconds by what was timed.
TimesByRequest = Mapping[tuple[str, str, str, int, int], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class LatencyChange:
    """How a time of a target's endpoint moved, as the middle of the ratios case by case; 1 is no change.

    Attributes:
        low, high: the interval of that ratio; None where there are too few cases for one.
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
        """The interval leaves no change out."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in (*self.__slots__, "moved")}


def latency_changes(before: TimesByRequest, after: TimesByRequest) -> Iterable[LatencyChange]:
    """How each time of each target's endpoint moved, over the requests that both runs sent."""
    pairs: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for key, times in after.items():
        for of, ms in times.items():
            old = before.get(key, {}).get(of, 0.0)
            if old > 0 and ms > 0:
                pairs.setdefault((key[0], key[1], of), []).append((old, ms))
    decided = sum(len(timed) >= MIN_PAIRS for timed in pairs.values())
    # The more intervals there are, the surer is each, so that all of them hold in 95 of 100 comparisons.
    confidence = 1 - (1 - LATENCY_CONFIDENCE) / max(1, decided)
    for (target, endpoint, of), timed in sorted(pairs.items()):
        ratios = sorted(new / old for old, new in timed)
        low, high = median_interval(ratios, confidence)
        old_ms, new_ms = (round(median(column), 3) for column in zip(*timed, strict=True))
        ratio = round(median(ratios), 4)
        yield LatencyChange(target, endpoint, of, len(timed), old_ms, new_ms, ratio, low, high)


def times_in_ms(exchange: Exchange) -> dict[str, float]:
    """Milliseconds from the start of an exchange that came whole."""
    if not exchange.is_success or exchange.ended_ns is None or exchange.headers_ns is None:
        return {}
    first = exchange.reads[0].at_ns if exchange.reads else exchange.headers_ns
    moments = {"head": exchange.headers_ns, "first byte": first, "whole": exchange.ended_ns}
    return {of: (at - exchange.started_ns) / 1e6 for of, at in moments.items()}
