"""The process that a user started, alone or as a master: it owns the settings, the cells, the terminal, the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gevent
from locust.runners import STATE_RUNNING, STATE_SPAWNING

from wireproof.contract import target_options
from wireproof.load.cell_servers import CellProcesses
from wireproof.load.conformance import conformance_share
from wireproof.load.engine import finish, live_line, load_options
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.engine.workers import Workers
from wireproof.load.results import summary
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario.load_shape import CLOSED_LOOP
from wireproof.load.scenario.scenario import Scenario

ACTIVE_STATES = (STATE_RUNNING, STATE_SPAWNING)


class RunOwner:
    """All of a run that only its first process has.

    Attributes:
        book: the figures of the whole run.
        began: when the course began, in seconds since 1970.
    """

    def __init__(
        self, environment: Any, scenarios: Sequence[Scenario], settings: RunSettings, cells: CellProcesses | None
    ) -> None:
        self.environment, self.scenarios, self.settings, self._cells = environment, scenarios, settings, cells
        self.book = MetricsRecorder(environment.stats.get, environment.events.request.fire)
        self.began = 0.0
        self._live_line: Any = None

    def begin(self, began: float) -> None:
        """Note when the course begins, and show how it goes where somebody looks."""
        self.began = began
        if live_line.is_watched(self.environment):
            total_s = self.settings.lead_s + self.settings.course.total_s
            self._live_line = gevent.spawn(live_line.show_live_line, self.environment, total_s)

    def stop_live_line(self) -> None:
        """Show no more."""
        if self._live_line is not None:
            self._live_line.kill()
            self._live_line = None

    def summary(self, crew: Workers | None = None, lost: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """The result so far; `lost` are those of the crew that did not tell everything."""
        crew, settings = crew or Workers(), self.settings
        setting = self._run_description() | {"workers": {"count": max(1, len(crew.by_name)), "lost": list(lost)}}
        found = summary.build_summary(self.environment.stats, self.book, setting, settings.course, settings.lead_s)
        aimed = load_options.target_options_at(self.environment.parsed_options, settings.provider, settings.hosts[0])
        (target, *_) = target_options.build_targets(aimed, dict(target_options.environment()))
        found["conformance"] = conformance_share.conformance_summary(self.book.judgements, target)
        return finish.with_threshold_results(found, settings.thresholds, crew.doubts(lost))

    def _run_description(self) -> dict[str, Any]:
        """The part of the result that tells what was run."""
        given, settings, course = self.environment.parsed_options, self.settings, self.settings.course
        return {
            "began": self.began,
            "provider": settings.provider,
            "scenarios": [{"name": one.name, "digest": one.digest} for one in self.scenarios],
            "hosts": list(settings.hosts),
            "local_latency": given.latency if settings.local else None,
            "load": course.as_data(),
            "rate": given.rate,
            "arrivals": course.arrivals if course.kind == "open" else None,
            "users": course.max_users or self.environment.runner.target_user_count or given.num_users,
            "jitter_s": given.jitter if course.kind == CLOSED_LOOP else None,
            "seed": given.seed,
            "objectives": settings.objectives,
            "error_bar": settings.error_bar,
        }

    def stop_cells(self) -> None:
        """End the cells that were started for this run."""
        if self._cells is not None:
            self._cells.stop()

    def publish_result(self, found: Mapping[str, Any]) -> None:
        """Print and write a result, and set the exit code."""
        self.environment.process_exit_code = finish.publish_result(found, self.environment.parsed_options)


def quit_if_under_way(runner: Any) -> None:
    """End a run that a signal ends while users ask: they go before the cells do."""
    if runner.state in ACTIVE_STATES:
        runner.quit()
