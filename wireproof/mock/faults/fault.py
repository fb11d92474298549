"""A fault: a named, deterministic way to be wrong."""

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
    """One way to be wrong: where it happens, who met it in the wild, and what the server does instead.

    A harmless one is within the rules, however seldom: a judge that objects to it raises a false alarm. A generated one
    is met by requests that nobody writes by hand.
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
    """A data file of the catalogue."""
    return read_yaml(Path(__file__).parent / name)


def catalogue_by_id(catalogue: Iterable[Fault]) -> dict[str, Fault]:
    """Returns faults by their ids.

    Raises ConfigError if two faults have the same id.
    """
    by_id: dict[str, Fault] = {}
    for fault in catalogue:
        if fault.id in by_id:
            raise ConfigError("wireproof/mock/faults", f"{fault.id!r} is the id of two faults", "rename or remove one")
        by_id[fault.id] = fault
    return by_id


def fault_from_row(fault_id: str, row: Mapping[str, Any], hooks: FaultHooks) -> Fault:
    """A fault from its row, with its source looked up."""
    deviation = row.get("deviation", "")
    source = read_catalogue_file("bug_links.yaml").get(deviation, "")
    ends = tuple(row["endpoints"].split())
    kinds = {kind: row.get(kind, False) for kind in ("harmless", "generated")}
    return Fault(fault_id, row["says"], ends, source, deviation, hooks, **kinds)
