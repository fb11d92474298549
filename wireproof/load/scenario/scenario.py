"""The scenarios of load/scenarios.yaml: the cases of a user, their weights, lengths and load shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean
from wireproof.formats.yaml_file import read_yaml
from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.objectives import OBJECTIVE_METRICS
from wireproof.load.scenario.thresholds import parse_threshold

SCENARIOS_FILE = "load/scenarios.yaml"
ENDLESS_LOAD = LoadShape()


@dataclass(frozen=True, slots=True)
class WeightedCase:
    """A case of a scenario, its weight, and the changes that a load run makes to it.

    Attributes:
        otherwise: the case that replaces it if the provider does not offer it.
        cap: the most output tokens, if they are not drawn.
        set: JSON pointers into the body, and their new values.
        prompt, answer: lengths in tokens of a text put before its own, and of its cap.
        leave: the `share` of its streams that the client leaves, after a number of `chunks` or `ms`.
        nonce: each request asks for a unique word instead of its text.
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
    """The load of one kind of user.

    Attributes:
        says: a description in one line.
        provider: the provider whose contract it is made for; None for any.
        folder: the folder of the files that it names.
        digest: the digest of its row in the file.
    """

    name: str
    says: str
    weighted_cases: tuple[WeightedCase, ...]
    load_shape: LoadShape = ENDLESS_LOAD
    provider: str | None = None
    objectives: Mapping[str, float] = field(default_factory=dict)
    thresholds: tuple[str, ...] = ()
    folder: Path = Path()
    digest: str = ""

    @classmethod
    def from_row(cls, name: str, row: Mapping[str, Any], folder: Path) -> Scenario:
        """Reads a row of the file; raises ConfigError if it cannot be parsed."""
        for expression in row.get("thresholds", ()):
            parse_threshold(expression)
        return cls(
            name,
            row["says"],
            tuple(WeightedCase(**weighted) for weighted in row["cases"]),
            load_shape=LoadShape.from_row(row.get("load", {}), folder),
            provider=row.get("provider"),
            objectives={OBJECTIVE_METRICS[metric]: limit for metric, limit in row.get("slo", {}).items()},
            thresholds=tuple(row.get("thresholds", ())),
            folder=folder,
            digest=hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16],
        )

    @property
    def user_class_name(self) -> str:
        """The name of its user class."""
        return "".join(word.capitalize() for word in self.name.split("-"))


@cache
def read_scenarios(extra_file: Path | None = None) -> dict[str, Scenario]:
    """Reads all scenarios, by name; those of an extra file replace the built-in ones of the same name.

    Raises ConfigError if a file cannot be parsed.
    """
    built_in = _read_scenarios_file(data_files.root() / SCENARIOS_FILE, SCENARIOS_FILE)
    return {**built_in, **_read_scenarios_file(extra_file, str(extra_file))} if extra_file is not None else built_in


def unknown_scenario(name: str, scenarios: Collection[str]) -> ConfigError:
    """The error for a scenario that does not exist, with the one that was probably meant."""
    names = f"name one of {', '.join(scenarios)}"
    near = did_you_mean(name, scenarios)
    return ConfigError(name, "there is no such scenario", f"{near} {names}" if near else names)


def _read_scenarios_file(file: Path, display_name: str) -> dict[str, Scenario]:
    data = read_yaml(file, display_name)
    schemas.check_format(data, "scenarios", display_name)
    return {name: Scenario.from_row(name, row, file.parent) for name, row in data["scenarios"].items()}


def single_load_shape(scenarios: Sequence[Scenario]) -> LoadShape:
    """The load shape of a run; raises ConfigError if one of several scenarios has its own."""
    load_shapes = [scenario.load_shape for scenario in scenarios if scenario.load_shape != ENDLESS_LOAD]
    if len(scenarios) > 1 and load_shapes:
        names = ", ".join(scenario.name for scenario in scenarios)
        raise ConfigError(names, "a scenario with a `load` of its own runs alone", "name one scenario")
    return load_shapes[0] if load_shapes else ENDLESS_LOAD
