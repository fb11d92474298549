"""The generator watches itself: how late its own timers are."""

from __future__ import annotations

from time import perf_counter_ns

import gevent

from wireproof.load.engine.process_plan import ProcessPlan
from wireproof.load.results.doubts import GENERATOR_ROW, LOOP_DELAY_METRIC
from wireproof.load.results.metrics_recorder import MetricsRecorder

TIMER_INTERVAL_S = 0.02


def measure_loop_delay(book: MetricsRecorder, plan: ProcessPlan) -> None:
    """Measure the delay of a timer for as long as the greenlet lives, and enter what waits in the book."""
    beats, before_ns = 0, perf_counter_ns()
    while True:
        asked_ns = perf_counter_ns() + int(TIMER_INTERVAL_S * 1e9)
        gevent.sleep(TIMER_INTERVAL_S)
        now_ns = perf_counter_ns()
        book.record_value(GENERATOR_ROW, LOOP_DELAY_METRIC, max(0.0, (now_ns - asked_ns) / 1e6))
        book.add_under_way_time(plan.under_way, (now_ns - before_ns) / 1e6)
        before_ns = now_ns
        beats += 1
        if beats % 25 == 0:
            book.flush()
