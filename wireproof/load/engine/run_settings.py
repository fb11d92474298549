"""The settings of a run, the same in each of its processes; a master sends them to its workers."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.spending_limits import Ceilings

# The parsed option with which a master sends the settings to its workers.
SETTINGS_OPTION = "wireproof_run"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The settings that the first process of a run derives from the command line and the scenarios.

    Attributes:
        local: the hosts are cells of `wireproof serve`, which accept the keys of the bundled server.
        ceilings: the ceilings of the whole run, over all processes.
        course: the load shape of the run.
        lead_s: seconds from the start message to the start of the load.
        digests: the digest of each wanted scenario, by its name.
        workers: the names of the workers with a share, in the order of their shares.
    """

    provider: str
    hosts: tuple[str, ...]
    local: bool
    ceilings: Ceilings
    course: LoadShape
    lead_s: float
    digests: Mapping[str, str]
    objectives: Mapping[str, float]
    thresholds: tuple[str, ...]
    error_bar: Mapping[str, Any] | None
    workers: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON form for another process."""
        return asdict(self) | {"course": self.course.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunSettings:
        """Reads the JSON form of another process."""
        lists = {name: tuple(data[name]) for name in ("hosts", "thresholds", "workers")}
        ceilings, course = Ceilings(**data["ceilings"]), LoadShape.from_json(data["course"])
        return cls(**{**data, **lists, "ceilings": ceilings, "course": course})

    def write_to(self, options: Namespace) -> None:
        """Puts the settings into the parsed options, which locust sends to each worker at the start."""
        setattr(options, SETTINGS_OPTION, self.to_json())

    @classmethod
    def read_from(cls, options: Namespace) -> RunSettings:
        """The settings that a master put into the parsed options."""
        return cls.from_json(getattr(options, SETTINGS_OPTION))
