"""load/scenarios.yaml: which cases a user asks, how often, how long they are, and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.errors import ConfigError
from wireproof.formats.yaml_file import read_yaml
from wireproof.load.scenario import objectives as slo
from wireproof.load.scenario import thresholds as threshold
from wireproof.load.scenario.load_shape import LoadShape

SCENARIOS_FILE = "load/scenarios.yaml"
ENDLESS_LOAD = LoadShape()


@dataclass(frozen=True, slots=True)
class WeightedCase:
    """A case, how often it is asked beside the others, and what a load run changes in it.

    Attributes:
        prompt, answer: tokens put before its text, and its cap, as the rows of `lengths` say them.
        leave: the share of its answers that are left, and after how many `chunks` or `ms`.
        nonce: each request asks for a word of its own in the place of its text.
    """

    case: str
    weight: int = 1
    otherwise: str | None = None
    cap: int | None = None
    set: Mapping[str, Any] | None = None
    prompt: Any = None
    answer: Any = None
    leave: Mapping[str, Any] | None = None
    nonce: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one kind of user does.

    Attributes:
        provider: whose contract it is made for; any, where it says none.
        folder: where the files that it names stand.
        digest: of all that it says.
    """

    name: str
    says: str
    shares: tuple[WeightedCase, ...]
    course: LoadShape = ENDLESS_LOAD
    provider: str | None = None
    objectives: Mapping[str, float] = field(default_factory=dict)
    thresholds: tuple[str, ...] = ()
    folder: Path = Path()
    digest: str = ""

    @classmethod
    def from_row(cls, name: str, row: Mapping[str, Any], folder: Path) -> Scenario:
        """The scenario that a row describes; ConfigError where it does not read."""
        for one in row.get("thresholds", ()):
            threshold.parse_threshold(one)
        return cls(
            name,
            row["says"],
            tuple(WeightedCase(**share) for share in row["cases"]),
            course=LoadShape.from_row(row.get("load", {}), folder),
            provider=row.get("provider"),
            objectives={slo.OBJECTIVE_METRICS[metric]: limit for metric, limit in row.get("slo", {}).items()},
            thresholds=tuple(row.get("thresholds", ())),
            folder=folder,
            digest=hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16],
        )

    @property
    def user_class_name(self) -> str:
        """The name of its user class."""
        return "".join(word.capitalize() for word in self.name.split("-"))


@cache
def read_scenarios(more: Path | None = None) -> dict[str, Scenario]:
    """Every scenario by name, those of a file of one's own laid over ours; ConfigError where a file does not read."""
    found = _read_scenarios_file(data_files.root() / SCENARIOS_FILE, SCENARIOS_FILE)
    return {**found, **_read_scenarios_file(more, str(more))} if more is not None else found


def _read_scenarios_file(file: Path, shown: str) -> dict[str, Scenario]:
    data = read_yaml(file, shown)
    schemas.check_format(data, "scenarios", shown)
    return {name: Scenario.from_row(name, row, file.parent) for name, row in data["scenarios"].items()}


def single_load_shape(chosen: Sequence[Scenario]) -> LoadShape:
    """The course of a run; ConfigError where several scenarios have one each."""
    courses = [scenario.course for scenario in chosen if scenario.course != ENDLESS_LOAD]
    if len(chosen) > 1 and courses:
        names = ", ".join(scenario.name for scenario in chosen)
        raise ConfigError(names, "a scenario with a `load` of its own runs alone", "name one scenario")
    return courses[0] if courses else ENDLESS_LOAD
