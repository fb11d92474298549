"""A worker of a run of several processes: it sends its share of the requests, and reports to its master."""

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

# The message with which a master ends the run of its workers.
END_MESSAGE = "wireproof-end"
# The ceilings of a process without a share in the run.
NO_REQUESTS = Ceilings(requests=0)


class WorkerRun:
    """A worker in the runs of its master.

    Attributes:
        over: no request is left or under way.
        final: the last report is sent.
        refused: reason why this process takes no part; empty if it takes part.
    """

    def __init__(self, environment: Any, users: Sequence[type[LoadUser]]) -> None:
        self.environment, self.users = environment, users
        self.recorder = MetricsRecorder(environment.stats.get, environment.events.request.fire)
        self.process = ProcessRun(environment, users, self.recorder)
        self.over = self.final = False
        self.refused = ""

    def listen(self) -> None:
        """Registers with locust's events and for the master's message."""
        events, runner = self.environment.events, self.environment.runner
        events.test_start.add_listener(self.start)
        events.test_stop.add_listener(self.stop)
        events.report_to_master.add_listener(self.fill_report)
        events.quitting.add_listener(self.stop)
        runner.register_message(END_MESSAGE, lambda **_: runner.stop())

    def preload(self) -> None:
        """Reads the files that a start needs; at the start, this would delay the heartbeats."""
        options = self.environment.parsed_options
        target_options.build_targets(
            load_options.target_options_at(options, options.provider, None), dict(target_options.environment())
        )
        argument_parser.default_args_dict()

    def start(self, **_: Any) -> None:
        """Begins to send the share of this worker."""
        settings = RunSettings.read_from(self.environment.parsed_options)
        self.over = self.final = False
        name, workers = self.environment.runner.client_id, settings.workers
        self.refused = self._refusal_reason(settings, name)
        if self.refused:
            settings = replace(settings, ceilings=NO_REQUESTS)
        index = workers.index(name) if name in workers else 0
        self.process.begin(settings, index, len(workers), self.report_idle)

    def _refusal_reason(self, settings: RunSettings, name: str) -> str:
        """Reason why this process takes no part; empty if it takes part."""
        if name not in settings.workers:
            return "it came after the start"
        own_digests = {user.scenario.name: user.scenario.digest for user in self.users}
        differing = [name for name, digest in settings.digests.items() if own_digests.get(name) != digest]
        return f"its scenario {differing[0]} is not the master's" if differing else ""

    def report_idle(self) -> None:
        """Reports to the master, which ends the run, that no request is left or under way."""
        if not self.over:
            self.over = True
            self._send_report()

    def stop(self, **_: Any) -> None:
        """Records what still waits, and sends the last report, for which the master waits."""
        self.process.end()
        if not self.final:
            self.final = True
            self._send_report()

    def fill_report(self, data: dict[str, Any], **_: Any) -> None:
        """Adds the counts since the last report to a report to the master."""
        self.process.count_starts()
        if self.refused:
            # The ceilings of a refused worker are not those of the run.
            del self.recorder.counts[counters.STOPPED_BY_CEILING]
        state = {"over": self.over, "final": self.final, "refused": self.refused}
        data["wireproof"] = self.recorder.take_delta() | state

    def _send_report(self) -> None:
        """Sends a report now, before the next interval."""
        runner, data = self.environment.runner, {}  # type: Any, dict[str, Any]
        self.environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
        runner.send_message("stats", data)
