"""One process that asks: its share of a run, from the plan to the last figure; and a run of one process alone."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter_ns, time
from typing import Any

import gevent

from wireproof.load.conformance import response_judge
from wireproof.load.engine import generator_health, process_plan, run_owner
from wireproof.load.engine.process_plan import ProcessPlan
from wireproof.load.engine.run_owner import RunOwner
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.engine.user import LoadUser, UserContext
from wireproof.load.results import counters
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.results.request_log import RequestLog
from wireproof.load.results.safe_details import make_detail_redactor
from wireproof.load.scenario import case_lookup
from wireproof.load.scenario.measurement_window import MeasurementWindow
from wireproof.load.scenario.request_template import TokenCounts


class ProcessRun:
    """The share of a run that this process asks."""

    def __init__(self, environment: Any, users: Sequence[type[LoadUser]], book: MetricsRecorder) -> None:
        self.environment, self.users, self.book = environment, users, book
        self.plan: ProcessPlan | None = None
        self._watcher: Any = None
        self._counted_due = self._counted_missed = 0

    def begin(self, settings: RunSettings, index: int, count: int, when_idle: Callable[[], None]) -> ProcessPlan:
        """Make the plan of the index-th of `count` processes, and hand it to the users.

        Args:
            when_idle: called when nothing is left to ask or under way.
        """
        given, book = self.environment.parsed_options, self.book
        book.clear()
        self._counted_due = self._counted_missed = 0
        self.plan = made = process_plan.make_process_plan(given, settings, index, count)
        opens_s, closes_s = settings.course.window_s
        book.objectives = settings.objectives
        book.redact_detail = make_detail_redactor(secret for one in made.targets for secret in one.secrets)
        book.begin(made.began_ns, MeasurementWindow(made.began_ns + opens_s * 1e9, made.began_ns + closes_s * 1e9))
        if given.records:
            book.records = RequestLog(Path(given.records), index, made.began_ns, book.redact_detail)
        judge = None if given.no_judge else self._make_judge(made, settings)
        UserContext(made, book, judge, when_idle).attach_to(self.environment)
        # What is there by now stays to the end; looking through it again and again would hold up the streams.
        gc.freeze()
        self._watcher = gevent.spawn(generator_health.measure_loop_delay, book, made)
        return made

    def _make_judge(self, made: ProcessPlan, settings: RunSettings) -> response_judge.ResponseJudge:
        """The judge of the answers of this process."""
        # A worker has all users, and its master says which of them are wanted.
        deals = [made.request_mix(user.scenario, 0) for user in self.users if user.scenario.name in settings.digests]
        shots = [mould.render(made.seed, 0, TokenCounts(1, 1)) for one in deals for mould in one.templates]
        return response_judge.prepared_judge(
            made.targets[0], shots, case_lookup.find_cases(shot.name for shot in shots)
        )

    def end(self) -> None:
        """Enter what still waits."""
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher = None
        self.count_starts()
        self.book.flush()
        if self.book.records is not None:
            self.book.records.close()
            self.book.records = None

    def count_starts(self) -> None:
        """Count the starts that came due since the last time, and those of them that were missed."""
        schedule = None if self.plan is None else self.plan.schedule
        if schedule is not None:
            self.book.counts[counters.STARTS_DUE] += schedule.taken - self._counted_due
            self.book.counts[counters.STARTS_MISSED] += schedule.missed - self._counted_missed
            self._counted_due, self._counted_missed = schedule.taken, schedule.missed


class LocalRun:
    """A run of one process, which asks all of it and tells the result."""

    def __init__(self, owner: RunOwner, users: Sequence[type[LoadUser]]) -> None:
        self.environment, self.owner = owner.environment, owner
        self.process = ProcessRun(owner.environment, users, owner.book)

    def listen(self) -> None:
        """Follow locust's events."""
        at = self.environment.events
        at.test_start.add_listener(self.start)
        at.test_stop.add_listener(self.stop)
        at.quitting.add_listener(self.finish)

    def start(self, **_: Any) -> None:
        """Begin to ask."""
        made = self.process.begin(self.owner.settings, 0, 1, self.end_when_idle)
        self.owner.begin(time() + (made.began_ns - perf_counter_ns()) / 1e9)

    def end_when_idle(self) -> None:
        """End a run without a web UI: nothing is left to ask or under way."""
        if self.environment.parsed_options.headless:
            gevent.spawn(self.environment.runner.quit)

    def stop(self, **_: Any) -> None:
        """Enter what still waits."""
        self.owner.stop_live_line()
        self.process.end()

    def summary(self) -> dict[str, Any]:
        """The result so far."""
        return self.owner.summary()

    def finish(self, **_: Any) -> None:
        """Make the result known."""
        run_owner.quit_if_under_way(self.environment.runner)
        self.stop()
        self.owner.stop_cells()
        self.owner.publish_result(self.summary())
