"""Signs that the figures of a run are not the server's but the load generator's own."""

from __future__ import annotations

from collections.abc import Mapping

from wireproof.load.results.counters import STARTS_DUE, STARTS_MISSED, CounterKey
from wireproof.stats import BucketCounts, merge_counts, quantile

GENERATOR_ROW, SCHEDULE_ROW = "generator", "schedule"
LOOP_DELAY_METRIC, LAG_METRIC = "loop delay ms", "lag ms"
# A figure may be off by this share of itself; below the floor a timer of the system is no better.
MAX_RELATIVE_ERROR, TIMER_FLOOR_MS = 0.1, 3.0
MAX_MISSED_SHARE = 0.01
LATENESS_QUANTILE = 0.9


def find_doubts(rows: Mapping[tuple[str, str], BucketCounts], counts: Mapping[CounterKey, int]) -> tuple[str, ...]:
    """Reasons not to believe the figures of a run; none where they can be believed."""
    found = []
    latency = _median_of_metric(rows, "TTFT ms") or _median_of_metric(rows, "headers ms") or 0.0
    allowed = max(TIMER_FLOOR_MS, latency * MAX_RELATIVE_ERROR)
    for name, kind, word in (
        (GENERATOR_ROW, LOOP_DELAY_METRIC, "its own timers were"),
        (SCHEDULE_ROW, LAG_METRIC, "requests were sent"),
    ):
        late = quantile(rows.get((name, kind), {}), LATENESS_QUANTILE)
        if late is not None and late > allowed:
            found.append(f"{word} {late:.1f} ms late at the 90th percentile, and {allowed:.1f} ms is what may be")
    missed, due = counts.get(STARTS_MISSED, 0), counts.get(STARTS_DUE, 0)
    if due and missed / due > MAX_MISSED_SHARE:
        found.append(f"{missed} of {due} starts were missed: no user was free (more with -u)")
    return tuple(found)


def _median_of_metric(rows: Mapping[tuple[str, str], BucketCounts], kind: str) -> float | None:
    return quantile(merge_counts(counts for (_, found), counts in rows.items() if found == kind), 0.5)
