"""Changes of the state of cells during a run, as data: seconds and a state."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.cells.cell import Cell


@dataclass(frozen=True, slots=True)
class ScriptedChange:
    """One change of the state of a cell, `at_s` seconds after its start."""

    at_s: float
    state: str
    factor: float = 1.0


Script = tuple[ScriptedChange, ...]


def changes_of_cell(rows: Iterable[Mapping[str, Any]], number: int) -> Script:
    """The changes of one cell; a row that names no cell applies to every cell."""
    return tuple(
        ScriptedChange(row["at"], row["state"], row.get("factor", 1.0))
        for row in rows
        if row.get("cell", number) == number
    )


def schedule_changes(script: Script, cell: Cell, loop: asyncio.AbstractEventLoop) -> None:
    """Schedules each change on the loop."""
    for change in script:
        loop.call_later(change.at_s, cell.set_state, change.state, change.factor)
