"""A worker of a run of several processes: it asks its share, and tells its master what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from locust import argument_parser

from wireproof.contract import target_options
from wireproof.load.engine import load_options
from wireproof.load.engine.process_run import ProcessRun
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.engine.user import LoadUser
from wireproof.load.results import counters
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario.spending_limits import Ceilings

# The message by which a master ends the run of its workers.
END_MESSAGE = "wireproof-end"
# The requests that a process may make which has no share in the run.
NO_REQUESTS = Ceilings(requests=0)


class WorkerRun:
    """The part of a worker in the runs of its master.

    Attributes:
        over: nothing is left to ask or under way.
        final: the last report is on its way.
        refused: why this process takes no part; empty where it does.
    """

    def __init__(self, environment: Any, users: Sequence[type[LoadUser]]) -> None:
        self.environment, self.users = environment, users
        self.book = MetricsRecorder(environment.stats.get, environment.events.request.fire)
        self.process = ProcessRun(environment, users, self.book)
        self.over = self.final = False
        self.refused = ""

    def listen(self) -> None:
        """Follow locust's events and the master's message."""
        at, runner = self.environment.events, self.environment.runner
        at.test_start.add_listener(self.start)
        at.test_stop.add_listener(self.stop)
        at.report_to_master.add_listener(self.fill_report)
        at.quitting.add_listener(self.stop)
        runner.register_message(END_MESSAGE, lambda **_: runner.stop())

    def preload(self) -> None:
        """Read what a start will need: a worker that does so when it is told to start misses its heartbeats."""
        given = self.environment.parsed_options
        target_options.build_targets(
            load_options.target_options_at(given, given.provider, None), dict(target_options.environment())
        )
        argument_parser.default_args_dict()

    def start(self, **_: Any) -> None:
        """Begin to ask the share that the master gave this worker."""
        settings = RunSettings.read_from(self.environment.parsed_options)
        self.over = self.final = False
        name, workers = self.environment.runner.client_id, settings.workers
        self.refused = self._refusal_reason(settings, name)
        if self.refused:
            settings = replace(settings, ceilings=NO_REQUESTS)
        index = workers.index(name) if name in workers else 0
        self.process.begin(settings, index, len(workers), self.report_idle)

    def _refusal_reason(self, settings: RunSettings, name: str) -> str:
        """Why this process may not take part; empty where it may."""
        if name not in settings.workers:
            return "it came after the start"
        own = {user.scenario.name: user.scenario.digest for user in self.users}
        other = [name for name, digest in settings.digests.items() if own.get(name) != digest]
        return f"its scenario {other[0]} is not the master's" if other else ""

    def report_idle(self) -> None:
        """Tell the master that nothing is left to ask or under way; it ends the run."""
        if not self.over:
            self.over = True
            self._send_report()

    def stop(self, **_: Any) -> None:
        """Enter what still waits, and tell it; the master waits for that."""
        self.process.end()
        if not self.final:
            self.final = True
            self._send_report()

    def fill_report(self, data: dict[str, Any], **_: Any) -> None:
        """Put the counts since the last report into one to the master."""
        self.process.count_starts()
        if self.refused:
            # Its ceilings are none of the run's.
            del self.book.counts[counters.STOPPED_BY_CEILING]
        state = {"over": self.over, "final": self.final, "refused": self.refused}
        data["wireproof"] = self.book.take_delta() | state

    def _send_report(self) -> None:
        """Send a report now and not at the next interval."""
        runner, data = self.environment.runner, {}  # type: Any, dict[str, Any]
        self.environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
        runner.send_message("stats", data)
