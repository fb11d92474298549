"""The load shape of a scenario: the starts of its requests, and the part of the run that is measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError
from wireproof.load.scenario import stages
from wireproof.load.scenario.stages import Stage

CLOSED_LOOP, OPEN_LOOP, TRACE_REPLAY = "closed", "open", "trace"


@dataclass(frozen=True, slots=True)
class LoadShape:
    """A closed loop of users, an open one of starts, or a trace.

    Attributes:
        kind: CLOSED_LOOP, OPEN_LOOP or TRACE_REPLAY.
        arrivals: the distribution of starts in an open loop, "constant" or "poisson".
        users: the number of users; in an open loop, the most requests that may be under way.
        stages: successive stages of starts per second, or of users.
        trace, speed: the file of a trace, and the factor by which its replay is faster.
        total_s: seconds until the last start; infinite if only a signal ends the run.
        warm_up_s, cool_down_s: seconds at the start and at the end that are left out of the figures.
    """

    kind: str = CLOSED_LOOP
    arrivals: str = "poisson"
    users: int | None = None
    stages: tuple[Stage, ...] = ()
    trace: Path | None = None
    speed: float = 1.0
    total_s: float = math.inf
    warm_up_s: float = 0.0
    cool_down_s: float = 0.0

    @classmethod
    def from_row(cls, row: Mapping[str, Any], folder: Path) -> LoadShape:
        """Reads the `load:` of a scenario; raises ConfigError if it mixes stages of users and of starts."""
        row_stages = tuple(Stage.from_row(stage) for stage in row.get("stages", ()))
        kinds = {CLOSED_LOOP if "users" in stage else OPEN_LOOP for stage in row.get("stages", ())}
        if len(kinds) > 1:
            raise ConfigError("load/scenarios.yaml, stages", "they mix `users` and `rate`", "write one kind")
        trace, total_s = row.get("trace"), stages.total_seconds(row_stages) if row_stages else math.inf
        return cls(
            kind=TRACE_REPLAY if trace else next(iter(kinds), CLOSED_LOOP),
            arrivals=row.get("arrivals", "poisson"),
            users=row.get("users"),
            stages=row_stages,
            trace=folder / trace["file"] if trace else None,
            speed=trace.get("speed", 1.0) if trace else 1.0,
            total_s=total_s,
            warm_up_s=stages.parse_seconds(row.get("warm_up", 0)),
            cool_down_s=stages.parse_seconds(row.get("cool_down", 0)),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LoadShape:
        """Reads the JSON form of another process."""
        trace = data["trace"]
        read_stages = [Stage(*stage) for stage in data["stages"]]
        return cls(**{**data, "stages": tuple(read_stages), "trace": Path(trace) if trace else None})

    def to_json(self) -> dict[str, Any]:
        """The JSON form for another process."""
        stages = [[stage.seconds, stage.first, stage.last, stage.burst] for stage in self.stages]
        return asdict(self) | {"stages": stages, "trace": str(self.trace) if self.trace else None}

    def with_options(
        self, rate: float | None, arrivals: str | None, users: int | None, run_time: float | None
    ) -> LoadShape:
        """This load shape with the changes of a command line."""
        load_shape = replace(self, arrivals=arrivals or self.arrivals, users=users or self.users)
        if rate is not None:
            endless = (Stage(math.inf, rate, rate),)
            load_shape = replace(load_shape, kind=OPEN_LOOP, stages=endless, trace=None, total_s=math.inf)
        elif users is not None and self.kind == CLOSED_LOOP:
            load_shape = replace(load_shape, stages=(), total_s=math.inf)
        return load_shape if run_time is None else replace(load_shape, total_s=min(load_shape.total_s, run_time))

    @property
    def max_users(self) -> int | None:
        """The most users of a closed loop in stages; None for any other load shape."""
        user_counts = [max(stage.first, stage.last) for stage in self.stages if self.kind == CLOSED_LOOP]
        return round(max(user_counts)) if user_counts else None

    @property
    def window_s(self) -> tuple[float, float]:
        """The start and the end of the measured part of the run, in seconds from its start."""
        return self.warm_up_s, self.total_s - self.cool_down_s

    def validate(self) -> None:
        """Raises ConfigError if no part of the run is measured, or if a cool-down has no known end."""
        opens_s, closes_s = self.window_s
        if self.cool_down_s and math.isinf(self.total_s):
            raise ConfigError("--cool-down", "the end of this run is unknown", "set its length with -t")
        if opens_s >= closes_s:
            problem = f"{self.total_s:g} s of load leave nothing between warm-up and cool-down"
            raise ConfigError("--warm-up", problem, "make the run longer, or warm-up and cool-down shorter")

    def as_data(self) -> dict[str, Any]:
        """The JSON form in a summary."""
        return {
            "kind": self.kind,
            "arrivals": self.arrivals if self.kind == OPEN_LOOP else None,
            "stages": [
                {
                    "seconds": _finite_or_none(stage.seconds),
                    "first": stage.first,
                    "last": stage.last,
                    "burst": stage.burst,
                }
                for stage in self.stages
            ],
            "trace": self.trace.name if self.trace else None,
            "speed": self.speed,
            "total_s": _finite_or_none(self.total_s),
            "warm_up_s": self.warm_up_s,
            "cool_down_s": self.cool_down_s,
        }


def _finite_or_none(seconds: float) -> float | None:
    return None if math.isinf(seconds) else seconds
