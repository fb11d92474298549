"""The owner of a run: the first process, alone or as master, with the settings, the cells, the terminal, the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gevent
from locust.runners import STATE_RUNNING, STATE_SPAWNING

from wireproof.contract import target_options
from wireproof.load.cell_servers import CellProcesses
from wireproof.load.conformance import conformance_share
from wireproof.load.engine import finish, live_line, load_options, run_setup
from wireproof.load.engine.run_settings import RunSettings
from wireproof.load.engine.workers import Workers
from wireproof.load.results import summary
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario.load_shape import CLOSED_LOOP, OPEN_LOOP
from wireproof.load.scenario.scenario import Scenario

ACTIVE_STATES = (STATE_RUNNING, STATE_SPAWNING)


class RunOwner:
    """The part of a run that only its first process has.

    Attributes:
        recorder: the figures of the whole run.
        began: the start of the load in seconds since 1970.
    """

    def __init__(
        self, environment: Any, scenarios: Sequence[Scenario], settings: RunSettings, cells: CellProcesses | None
    ) -> None:
        self.environment, self.scenarios, self.settings, self._cells = environment, scenarios, settings, cells
        self.recorder = MetricsRecorder(environment.stats.get, environment.events.request.fire)
        self.began = 0.0
        self._live_line: Any = None

    def read_form(self) -> None:
        """Takes over what the form of the web UI set, if it started the run."""
        self.settings = run_setup.settings_of_form(self.environment, self.scenarios, self.settings)

    def begin(self, began: float) -> None:
        """Notes the start of the load; shows the status line on a terminal."""
        self.began = began
        if live_line.is_watched(self.environment):
            total_s = self.settings.lead_s + self.settings.course.total_s
            self._live_line = gevent.spawn(live_line.show_live_line, self.environment, total_s)

    def stop_live_line(self) -> None:
        """Ends the status line."""
        if self._live_line is not None:
            self._live_line.kill()
            self._live_line = None

    def summary(self, workers: Workers | None = None, lost: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """The result so far; `lost` describes the workers that sent no last report."""
        workers, settings = workers or Workers(), self.settings
        description = self._run_description() | {"workers": {"count": max(1, len(workers.by_name)), "lost": list(lost)}}
        result = summary.build_summary(
            self.environment.stats, self.recorder, description, settings.course, settings.lead_s
        )
        at_first_host = load_options.target_options_at(
            self.environment.parsed_options, settings.provider, settings.hosts[0]
        )
        (target, *_) = target_options.build_targets(at_first_host, dict(target_options.environment()))
        result["conformance"] = conformance_share.conformance_summary(self.recorder.judgements, target)
        return finish.with_threshold_results(result, settings.thresholds, workers.doubts(lost))

    def _run_description(self) -> dict[str, Any]:
        """The part of the result that describes the run."""
        options, settings, load_shape = self.environment.parsed_options, self.settings, self.settings.course
        return {
            "began": self.began,
            **({"name": options.name} if options.name else {}),
            "provider": settings.provider,
            "scenarios": [{"name": scenario.name, "digest": scenario.digest} for scenario in self.scenarios],
            "hosts": list(settings.hosts),
            "local_latency": options.latency if settings.local else None,
            "load": load_shape.as_data(),
            "rate": options.rate,
            "arrivals": load_shape.arrivals if load_shape.kind == OPEN_LOOP else None,
            "users": load_shape.max_users or self.environment.runner.target_user_count or options.num_users,
            "jitter_s": options.jitter if load_shape.kind == CLOSED_LOOP else None,
            "seed": options.seed,
            "objectives": settings.objectives,
            "error_bar": settings.error_bar,
        }

    def stop_cells(self) -> None:
        """Ends the cells that were started for this run."""
        if self._cells is not None:
            self._cells.stop()

    def publish_result(self, result: Mapping[str, Any]) -> None:
        """Prints and writes a result, and sets the exit code."""
        self.environment.process_exit_code = finish.publish_result(result, self.environment.parsed_options)


def quit_if_under_way(runner: Any) -> None:
    """Ends a run that a signal ends while users send requests: the users end before the cells."""
    if runner.state in ACTIVE_STATES:
        runner.quit()
