"""What happens to cells in the course of a run, as data: at a second, a state."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.mock.cells.cell import Cell


@dataclass(frozen=True, slots=True)
class ScriptedChange:
    """A cell goes down, comes back or slows down, some seconds after it has started."""

    at_s: float
    state: str
    factor: float = 1.0


Script = tuple[ScriptedChange, ...]


def changes_of_cell(rows: Iterable[Mapping[str, Any]], number: int) -> Script:
    """The turns of one cell; a row that names none means every cell."""
    return tuple(
        ScriptedChange(row["at"], row["state"], row.get("factor", 1.0))
        for row in rows
        if row.get("cell", number) == number
    )


def schedule_changes(script: Script, cell: Cell, loop: asyncio.AbstractEventLoop) -> None:
    """Have each turn happen when it is due."""
    for turn in script:
        loop.call_later(turn.at_s, cell.set_state, turn.state, turn.factor)
