"""Signs that the figures of a run measure the load generator instead of the server."""

from __future__ import annotations

from collections.abc import Mapping

from wireproof.load.results.counters import STARTS_DUE, STARTS_MISSED, CounterKey
from wireproof.stats import BucketCounts, merge_counts, quantile

GENERATOR_ROW, SCHEDULE_ROW = "generator", "schedule"
LOOP_DELAY_METRIC, LAG_METRIC = "loop delay ms", "lag ms"
# Accepted error as a share of the median latency; the floor is the precision of the system's timers.
MAX_RELATIVE_ERROR, TIMER_FLOOR_MS = 0.1, 3.0
MAX_MISSED_SHARE = 0.01
LATENESS_QUANTILE = 0.9


def find_doubts(rows: Mapping[tuple[str, str], BucketCounts], counts: Mapping[CounterKey, int]) -> tuple[str, ...]:
    """Reasons why the figures of a run are invalid; empty for a valid run."""
    doubts = []
    latency = _median_of_metric(rows, "TTFT ms") or _median_of_metric(rows, "headers ms") or 0.0
    allowed = max(TIMER_FLOOR_MS, latency * MAX_RELATIVE_ERROR)
    for name, kind, subject in (
        (GENERATOR_ROW, LOOP_DELAY_METRIC, "timers of the load generator were"),
        (SCHEDULE_ROW, LAG_METRIC, "requests were sent"),
    ):
        late = quantile(rows.get((name, kind), {}), LATENESS_QUANTILE)
        if late is not None and late > allowed:
            doubts.append(f"{subject} {late:.1f} ms late at the 90th percentile; at most {allowed:.1f} ms is allowed")
    missed, due = counts.get(STARTS_MISSED, 0), counts.get(STARTS_DUE, 0)
    if due and missed / due > MAX_MISSED_SHARE:
        doubts.append(f"{missed} of {due} starts were missed because no user was free; raise -u")
    return tuple(doubts)


def _median_of_metric(rows: Mapping[tuple[str, str], BucketCounts], kind: str) -> float | None:
    return quantile(merge_counts(counts for (_, row_kind), counts in rows.items() if row_kind == kind), 0.5)
