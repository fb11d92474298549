"""The master of a run of several processes: it hands out the shares, and puts the figures together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic, time
from typing import Any

import gevent
from locust.runners import STATE_MISSING

from wireproof.load.engine import process_plan, run_owner, run_setup
from wireproof.load.engine.run_owner import UNDER_WAY, RunOwner
from wireproof.load.engine.worker import END
from wireproof.load.engine.workers import Crew
from wireproof.load.scenario import schedule
from wireproof.load.scenario.load_shape import CLOSED_LOOP


class MasterRun:
    """A run that workers ask."""

    def __init__(self, owner: RunOwner) -> None:
        self.environment, self.owner = owner.environment, owner
        self.crew = Crew()
        self._ended = False
        self._began_s = 0.0

    def listen(self) -> None:
        """Follow locust's events."""
        at = self.environment.events
        at.test_start.add_listener(self.start)
        at.test_stop.add_listener(self.stop)
        at.worker_report.add_listener(self.collect)
        at.worker_connect.add_listener(self.joined)
        at.quitting.add_listener(self.finish)

    def start(self, **_: Any) -> None:
        """Hand out the shares to the workers that are there."""
        self.owner.book.clear()
        self._began_s, self._ended = monotonic(), False
        names = self._alive()
        self.crew = Crew.of(names)
        replace(self.owner.settings, workers=tuple(names)).write_to(self.environment.parsed_options)
        self.owner.begin(time() + self.owner.settings.lead_s)
        gevent.spawn(self._end_when_over)

    def stop(self, **_: Any) -> None:
        """Ask every worker for its last report, and wait for it."""
        self.owner.end()
        if self._ended:
            return
        self._ended = True
        self.environment.runner.send_message(END)
        with gevent.Timeout(self.environment.stop_timeout + run_setup.LAST_REPORT_S, False):
            while not self.crew.has_told(self._alive()):
                gevent.sleep(0.02)

    def joined(self, **_: Any) -> None:
        """Note a worker that has come; during a run it comes too late."""
        if self.environment.runner.state in UNDER_WAY:
            self.crew.late += 1

    def collect(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """Add the counts of a worker."""
        told: Mapping[str, Any] | None = data.get("wireproof")
        if told is not None:
            self.owner.book.add_delta(told)
            self.crew.report(client_id, told, monotonic() - self._began_s)

    def summary(self) -> dict[str, Any]:
        """The result so far."""
        return self.owner.summary(self.crew, self._lost())

    def finish(self, **_: Any) -> None:
        """Make the result known; the workers have told theirs."""
        run_owner.quit_if_under_way(self.environment.runner)
        self.stop()
        self.owner.stop_cells()
        self.owner.conclude(self.summary())

    def _alive(self) -> list[str]:
        """The workers that are there, as far as their heartbeats tell."""
        clients = self.environment.runner.clients
        return [name for name, client in clients.items() if client.state != STATE_MISSING]

    def _end_when_over(self) -> None:
        """End a run without a web UI when no worker has anything left to ask."""
        crew = self.crew
        while not crew.is_over(self._alive()):
            gevent.sleep(0.1)
        if self.environment.parsed_options.headless and crew is self.crew:
            gevent.spawn(self.environment.runner.quit)

    def _lost(self) -> list[dict[str, Any]]:
        """The workers that did not tell everything, with the starts that nobody knows of."""
        settings, count = self.owner.settings, len(self.crew.workers)
        course, seed = settings.course, self.environment.parsed_options.seed
        until_s = min(course.total_s, monotonic() - self._began_s - settings.lead_s)
        shares: list[int | None] = [None] * count
        if course.kind != CLOSED_LOOP and not all(one.final for one in self.crew.workers.values()):
            starts = [
                schedule.share_of_starts(process_plan.starts(course, seed), index, count) for index in range(count)
            ]
            shares = [schedule.count_due(one, until_s) for one in starts]
        return self.crew.lost(shares)
