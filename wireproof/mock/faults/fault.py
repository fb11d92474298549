"""A fault: a named, deterministic deviation of the mock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError
from wireproof.formats.yaml_file import read_yaml
from wireproof.mock.faults.hooks import FaultHooks


@dataclass(frozen=True, slots=True)
class Fault:
    """One deviation of the server.

    Attributes:
        sentence: what the server does wrong, for users.
        endpoints: names of the endpoints at which it shows, or `*`.
        source: the public bug report, as `owner/repository#issue`; empty if none is known.
        deviation: the id of the field bug, such as `CHK-02`; empty if none is known.
        harmless: True if the deviation is legal, so that a check that fails on it raises a false alarm.
        generated: True if only generated requests reach it.
    """

    id: str
    sentence: str
    endpoints: tuple[str, ...]
    source: str
    deviation: str
    hooks: FaultHooks
    harmless: bool = False
    generated: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "sentence": self.sentence,
            "endpoints": list(self.endpoints),
            "source": self.source,
            "deviation": self.deviation,
            "harmless": self.harmless,
            "generated": self.generated,
        }


@cache
def read_catalogue_file(name: str) -> Any:
    """Reads a data file of the catalogue."""
    return read_yaml(Path(__file__).parent / name)


def catalogue_by_id(catalogue: Iterable[Fault]) -> dict[str, Fault]:
    """Returns faults by their ids.

    Raises ConfigError if two faults have the same id.
    """
    by_id: dict[str, Fault] = {}
    for fault in catalogue:
        if fault.id in by_id:
            raise ConfigError(
                "the catalogue of faults", f"{fault.id!r} is the id of two faults", "rename or remove one"
            )
        by_id[fault.id] = fault
    return by_id


def fault_from_row(fault_id: str, row: Mapping[str, Any], hooks: FaultHooks) -> Fault:
    """Builds a fault from its row, with its source looked up."""
    deviation = row.get("deviation", "")
    source = read_catalogue_file("bug_links.yaml").get(deviation, "")
    endpoints = tuple(row["endpoints"].split())
    flags = {kind: row.get(kind, False) for kind in ("harmless", "generated")}
    return Fault(fault_id, row["says"], endpoints, source, deviation, hooks, **flags)
