"""The master of a run of several processes: it distributes the shares and merges the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic, time
from typing import Any

import gevent
from locust.runners import STATE_MISSING

from wireproof.load.engine import process_plan, run_owner, run_setup
from wireproof.load.engine.run_owner import ACTIVE_STATES, RunOwner
from wireproof.load.engine.worker import END_MESSAGE
from wireproof.load.engine.workers import Workers
from wireproof.load.scenario import schedule
from wireproof.load.scenario.load_shape import CLOSED_LOOP


class MasterRun:
    """A run whose requests are sent by workers."""

    def __init__(self, owner: RunOwner) -> None:
        self.environment, self.owner = owner.environment, owner
        self.workers = Workers()
        self._ended = False
        self._began_s = 0.0

    def listen(self) -> None:
        """Registers with locust's events."""
        events = self.environment.events
        events.test_start.add_listener(self.start)
        events.test_stop.add_listener(self.stop)
        events.worker_report.add_listener(self.add_report)
        events.worker_connect.add_listener(self.count_late_worker)
        events.quitting.add_listener(self.finish)

    def start(self, **_: Any) -> None:
        """Distributes the shares among the connected workers."""
        self.owner.recorder.clear()
        self.owner.read_form()
        self._began_s, self._ended = monotonic(), False
        names = self._alive_workers()
        self.workers = Workers.from_names(names)
        replace(self.owner.settings, workers=tuple(names)).write_to(self.environment.parsed_options)
        self.owner.begin(time() + self.owner.settings.lead_s)
        gevent.spawn(self._end_when_over)

    def stop(self, **_: Any) -> None:
        """Requests the last report of every worker, and waits for it."""
        self.owner.stop_live_line()
        if self._ended:
            return
        self._ended = True
        self.environment.runner.send_message(END_MESSAGE)
        with gevent.Timeout(self.environment.stop_timeout + run_setup.LAST_REPORT_TIMEOUT_S, False):
            while not self.workers.have_all_reported(self._alive_workers()):
                gevent.sleep(0.02)

    def count_late_worker(self, **_: Any) -> None:
        """Counts a worker that connects during a run: it comes too late for a share."""
        if self.environment.runner.state in ACTIVE_STATES:
            self.workers.late += 1

    def add_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """Adds the counts in a worker's report."""
        report: Mapping[str, Any] | None = data.get("wireproof")
        if report is not None:
            self.owner.recorder.add_delta(report)
            self.workers.add_report(client_id, report, monotonic() - self._began_s)

    def summary(self) -> dict[str, Any]:
        """The result so far."""
        return self.owner.summary(self.workers, self._lost_workers())

    def finish(self, **_: Any) -> None:
        """Ends the run, and publishes the merged result."""
        run_owner.quit_if_under_way(self.environment.runner)
        self.stop()
        self.owner.stop_cells()
        self.owner.publish_result(self.summary())

    def _alive_workers(self) -> list[str]:
        """The names of the workers whose heartbeats arrive."""
        clients = self.environment.runner.clients
        return [name for name, client in clients.items() if client.state != STATE_MISSING]

    def _end_when_over(self) -> None:
        """Ends a run without a web UI when no worker has a request left."""
        workers = self.workers
        while not workers.is_over(self._alive_workers()):
            gevent.sleep(0.1)
        if self.environment.parsed_options.headless and workers is self.workers:
            gevent.spawn(self.environment.runner.quit)

    def _lost_workers(self) -> list[dict[str, Any]]:
        """The workers that sent no last report, and how many of their starts are unknown."""
        settings, count = self.owner.settings, len(self.workers.by_name)
        load_shape, seed = settings.course, self.environment.parsed_options.seed
        until_s = min(load_shape.total_s, monotonic() - self._began_s - settings.lead_s)
        shares: list[int | None] = [None] * count
        if load_shape.kind != CLOSED_LOOP and not all(worker.final for worker in self.workers.by_name.values()):
            starts = [
                schedule.share_of_starts(process_plan.all_starts(load_shape, seed), index, count)
                for index in range(count)
            ]
            shares = [schedule.count_due(share, until_s) for share in starts]
        return self.workers.lost_workers(shares)
