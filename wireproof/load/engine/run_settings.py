"""The settled facts of a run: the same in each of its processes, told by a master to its workers."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.spending_limits import Ceilings

# The one option under which a master's locust hands them to its workers.
SETTINGS_OPTION = "wireproof_run"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """A run as its first process settled it, from the command line and the scenarios.

    Attributes:
        local: the hosts are cells of our own, which know the keys of the bundled server.
        ceilings: those of the whole run, over all processes.
        lead_s: seconds from the word to start until the course begins.
        digests: the digest of each wanted scenario, by its name.
        workers: the names of those that have a share, in the order of their shares.
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
        """The settings for another process."""
        return asdict(self) | {"course": self.course.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunSettings:
        """The settings that another process told."""
        lists = {name: tuple(data[name]) for name in ("hosts", "thresholds", "workers")}
        ceilings, course = Ceilings(**data["ceilings"]), LoadShape.from_json(data["course"])
        return cls(**{**data, **lists, "ceilings": ceilings, "course": course})

    def write_to(self, given: Namespace) -> None:
        """Put the settings into the parsed options, which locust sends to each worker at the start."""
        setattr(given, SETTINGS_OPTION, self.to_json())

    @classmethod
    def read_from(cls, given: Namespace) -> RunSettings:
        """The settings that a master put into the parsed options."""
        return cls.from_json(getattr(given, SETTINGS_OPTION))
