"""One process that sends requests: its share of a run, from the plan to the last figure; and a run of one process."""

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
    """The share of a run that this process sends."""

    def __init__(self, environment: Any, users: Sequence[type[LoadUser]], recorder: MetricsRecorder) -> None:
        self.environment, self.users, self.recorder = environment, users, recorder
        self.plan: ProcessPlan | None = None
        self._watcher: Any = None
        self._counted_starts = self._counted_missed = 0

    def begin(self, settings: RunSettings, index: int, count: int, when_idle: Callable[[], None]) -> ProcessPlan:
        """Makes the plan of the process at `index` of `count`, and hands it to the users.

        Args:
            when_idle: called when no request is left or under way.
        """
        options, recorder = self.environment.parsed_options, self.recorder
        recorder.clear()
        self._counted_starts = self._counted_missed = 0
        self.plan = plan = process_plan.make_process_plan(options, settings, index, count)
        opens_s, closes_s = settings.course.window_s
        recorder.objectives = settings.objectives
        recorder.redact_detail = make_detail_redactor(secret for target in plan.targets for secret in target.secrets)
        recorder.begin(plan.began_ns, MeasurementWindow(plan.began_ns + opens_s * 1e9, plan.began_ns + closes_s * 1e9))
        if options.records:
            recorder.records = RequestLog(Path(options.records), index, plan.began_ns, recorder.redact_detail)
        judge = None if options.no_judge else self._make_judge(plan, settings)
        UserContext(plan, recorder, judge, when_idle).attach_to(self.environment)
        # The objects that exist now stay to the end; a garbage collection that scans them would delay the streams.
        gc.freeze()
        self._watcher = gevent.spawn(generator_health.measure_loop_delay, recorder, plan)
        return plan

    def _make_judge(self, plan: ProcessPlan, settings: RunSettings) -> response_judge.ResponseJudge:
        """Makes the judge of the responses to this process."""
        # A worker has the users of all scenarios, and its master names those that are wanted.
        mixes = [plan.request_mix(user.scenario, 0) for user in self.users if user.scenario.name in settings.digests]
        requests = [template.render(plan.seed, 0, TokenCounts(1, 1)) for mix in mixes for template in mix.templates]
        return response_judge.prepared_judge(
            plan.targets[0], requests, case_lookup.find_cases(request.name for request in requests)
        )

    def end(self) -> None:
        """Records what still waits, and closes the request log."""
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher = None
        self.count_starts()
        self.recorder.flush()
        if self.recorder.records is not None:
            self.recorder.records.close()
            self.recorder.records = None

    def count_starts(self) -> None:
        """Counts the starts that came due since the last call, and those of them that were missed."""
        schedule = None if self.plan is None else self.plan.schedule
        if schedule is not None:
            self.recorder.counts[counters.STARTS_DUE] += schedule.taken - self._counted_starts
            self.recorder.counts[counters.STARTS_MISSED] += schedule.missed - self._counted_missed
            self._counted_starts, self._counted_missed = schedule.taken, schedule.missed


class LocalRun:
    """A run of one process, which sends all requests and publishes the result."""

    def __init__(self, owner: RunOwner, users: Sequence[type[LoadUser]]) -> None:
        self.environment, self.owner = owner.environment, owner
        self.process = ProcessRun(owner.environment, users, owner.recorder)

    def listen(self) -> None:
        """Registers with locust's events."""
        events = self.environment.events
        events.test_start.add_listener(self.start)
        events.test_stop.add_listener(self.stop)
        events.quitting.add_listener(self.finish)

    def start(self, **_: Any) -> None:
        """Begins to send requests."""
        self.owner.read_form()
        plan = self.process.begin(self.owner.settings, 0, 1, self.end_when_idle)
        self.owner.begin(time() + (plan.began_ns - perf_counter_ns()) / 1e9)

    def end_when_idle(self) -> None:
        """Ends a run without a web UI: no request is left or under way."""
        if self.environment.parsed_options.headless:
            gevent.spawn(self.environment.runner.quit)

    def stop(self, **_: Any) -> None:
        """Ends the status line, and records what still waits."""
        self.owner.stop_live_line()
        self.process.end()

    def summary(self) -> dict[str, Any]:
        """The result so far."""
        return self.owner.summary()

    def finish(self, **_: Any) -> None:
        """Ends the run, and publishes its result."""
        run_owner.quit_if_under_way(self.environment.runner)
        self.stop()
        self.owner.stop_cells()
        self.owner.publish_result(self.summary())
