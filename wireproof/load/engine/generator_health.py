"""The generator watches itself: how late its own timers are."""

from __future__ import annotations

from time import perf_counter_ns

import gevent

from wireproof.load.engine.process_plan import Plan
from wireproof.load.results.doubts import GENERATOR_ROW, LOOP_DELAY_METRIC
from wireproof.load.results.metrics_recorder import MetricsRecorder

BEAT_S = 0.02


def beat(book: MetricsRecorder, plan: Plan) -> None:
    """Measure the delay of a timer for as long as the greenlet lives, and enter what waits in the book."""
    beats, before_ns = 0, perf_counter_ns()
    while True:
        asked_ns = perf_counter_ns() + int(BEAT_S * 1e9)
        gevent.sleep(BEAT_S)
        now_ns = perf_counter_ns()
        book.record_value(GENERATOR_ROW, LOOP_DELAY_METRIC, max(0.0, (now_ns - asked_ns) / 1e6))
        book.add_under_way_time(plan.flying, (now_ns - before_ns) / 1e6)
        before_ns = now_ns
        beats += 1
        if beats % 25 == 0:
            book.flush()
