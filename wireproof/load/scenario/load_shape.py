"""When the requests of a scenario start, and which of them are looked at."""

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
        users: how many ask; in an open loop, how many requests may be under way.
        stages: one after the other; of starts a second, or of users.
        total_s: when the last request starts; infinite where only a signal ends the run.
        warm_up_s, cool_down_s: what starts within them, from either end, is no part of the figures.
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
        """The course that `load:` describes."""
        given = tuple(Stage.from_row(stage) for stage in row.get("stages", ()))
        kinds = {CLOSED_LOOP if "users" in stage else OPEN_LOOP for stage in row.get("stages", ())}
        if len(kinds) > 1:
            raise ConfigError("load/scenarios.yaml, stages", "some are of users, some of starts", "write one kind")
        trace, total_s = row.get("trace"), stages.total_seconds(given) if given else math.inf
        return cls(
            kind=TRACE_REPLAY if trace else next(iter(kinds), CLOSED_LOOP),
            arrivals=row.get("arrivals", "poisson"),
            users=row.get("users"),
            stages=given,
            trace=folder / trace["file"] if trace else None,
            speed=trace.get("speed", 1.0) if trace else 1.0,
            total_s=total_s,
            warm_up_s=stages.parse_seconds(row.get("warm_up", 0)),
            cool_down_s=stages.parse_seconds(row.get("cool_down", 0)),
        )

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> LoadShape:
        """The course that another process told."""
        trace = told["trace"]
        made = [Stage(*stage) for stage in told["stages"]]
        return cls(**{**told, "stages": tuple(made), "trace": Path(trace) if trace else None})

    def to_json(self) -> dict[str, Any]:
        """This course for another process."""
        stages = [[stage.seconds, stage.first, stage.last, stage.burst] for stage in self.stages]
        return asdict(self) | {"stages": stages, "trace": str(self.trace) if self.trace else None}

    def with_options(
        self, rate: float | None, arrivals: str | None, users: int | None, run_time: float | None
    ) -> LoadShape:
        """This course as a command line wants it."""
        course = replace(self, arrivals=arrivals or self.arrivals, users=users or self.users)
        if rate is not None:
            endless = (Stage(math.inf, rate, rate),)
            course = replace(course, kind=OPEN_LOOP, stages=endless, trace=None, total_s=math.inf)
        elif users is not None and self.kind == CLOSED_LOOP:
            course = replace(course, stages=(), total_s=math.inf)
        return course if run_time is None else replace(course, total_s=min(course.total_s, run_time))

    @property
    def max_users(self) -> int | None:
        """The most users of a closed loop in stages; None of any other course."""
        heights = [max(stage.first, stage.last) for stage in self.stages if self.kind == CLOSED_LOOP]
        return round(max(heights)) if heights else None

    @property
    def window_s(self) -> tuple[float, float]:
        """The part of the run whose requests are looked at, from and to."""
        return self.warm_up_s, self.total_s - self.cool_down_s

    def validate(self) -> None:
        """Raise ConfigError where nothing of it would be looked at, or nobody knows when it ends."""
        opens_s, closes_s = self.window_s
        if self.cool_down_s and math.isinf(self.total_s):
            raise ConfigError("--cool-down", "nobody knows when this run ends", "say how long it lasts with -t")
        if opens_s >= closes_s:
            problem = f"{self.total_s:g} s of load leave nothing between warm-up and cool-down"
            raise ConfigError("--warm-up", problem, "make the run longer, or these shorter")

    def as_data(self) -> dict[str, Any]:
        """The JSON form, part of a summary."""
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
