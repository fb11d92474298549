"""The generator watches itself: how late its own timers are, and whether its figures can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter_ns

import gevent

from wireproof.load.book import Book
from wireproof.load.plan import Plan
from wireproof.sketch import Counts, merged, quantile

BEAT_S = 0.02
GENERATOR, SCHEDULE = "generator", "schedule"
LOOP, LAG = "loop delay ms", "lag ms"
# A figure may be off by this share of itself; below the floor a timer of the system is no better.
OFF, FLOOR_MS = 0.1, 3.0
MOST_MISSED = 0.01
HIGH = 0.9


def beat(book: Book, plan: Plan) -> None:
    """Measure the delay of a timer for as long as the greenlet lives, and enter what waits in the book."""
    beats, before_ns = 0, perf_counter_ns()
    while True:
        asked_ns = perf_counter_ns() + int(BEAT_S * 1e9)
        gevent.sleep(BEAT_S)
        now_ns = perf_counter_ns()
        book.note(GENERATOR, LOOP, max(0.0, (now_ns - asked_ns) / 1e6))
        book.flying(plan.flying, (now_ns - before_ns) / 1e6)
        before_ns = now_ns
        beats += 1
        if beats % 25 == 0:
            book.flush()


def doubts(rows: Mapping[tuple[str, str], Counts], counts: Mapping[str, int]) -> tuple[str, ...]:
    """Why the figures of a run are not the server's but the generator's own; nothing where they can be believed."""
    found = []
    latency = _median(rows, "TTFT ms") or _median(rows, "headers ms") or 0.0
    allowed = max(FLOOR_MS, latency * OFF)
    for name, kind, word in ((GENERATOR, LOOP, "its own timers were"), (SCHEDULE, LAG, "requests were sent")):
        late = quantile(rows.get((name, kind), {}), HIGH)
        if late is not None and late > allowed:
            found.append(f"{word} {late:.1f} ms late at the 90th percentile, and {allowed:.1f} ms is what may be")
    missed, due = counts.get("schedule/missed", 0), counts.get("schedule/due", 0)
    if due and missed / due > MOST_MISSED:
        found.append(f"{missed} of {due} starts were missed: no user was free (more with -u)")
    return tuple(found)


def _median(rows: Mapping[tuple[str, str], Counts], kind: str) -> float | None:
    return quantile(merged(counts for (_, found), counts in rows.items() if found == kind), 0.5)
