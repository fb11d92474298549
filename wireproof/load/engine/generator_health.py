"""The health of the load generator: the delay of its own timers."""

from __future__ import annotations

from time import perf_counter_ns

import gevent

from wireproof.load.engine.process_plan import ProcessPlan
from wireproof.load.results.doubts import GENERATOR_ROW, LOOP_DELAY_METRIC
from wireproof.load.results.metrics_recorder import MetricsRecorder

TIMER_INTERVAL_S = 0.02


def measure_loop_delay(recorder: MetricsRecorder, plan: ProcessPlan) -> None:
    """Records the delay of a timer and flushes the recorder, until the greenlet is killed."""
    ticks, previous_ns = 0, perf_counter_ns()
    while True:
        expected_ns = perf_counter_ns() + int(TIMER_INTERVAL_S * 1e9)
        gevent.sleep(TIMER_INTERVAL_S)
        now_ns = perf_counter_ns()
        recorder.record_value(GENERATOR_ROW, LOOP_DELAY_METRIC, max(0.0, (now_ns - expected_ns) / 1e6))
        recorder.add_under_way_time(plan.under_way, (now_ns - previous_ns) / 1e6)
        previous_ns = now_ns
        ticks += 1
        if ticks % 25 == 0:
            recorder.flush()
