"""The state of a running server, which its control endpoint changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wireproof.errors import ConfigError
from wireproof.mock.accounts.account import Accounts
from wireproof.mock.accounts.fault_counts import FaultCounts, FaultOrder
from wireproof.mock.accounts.journal import Journal, JournalEntry
from wireproof.mock.accounts.script_progress import ScriptProgress
from wireproof.mock.accounts.slots import AccountKey, Slots
from wireproof.mock.protocol.scripted_answers import ScriptedTurn


def refuse_scripts(data: Any) -> tuple[ScriptedTurn, ...]:
    raise ConfigError("/script", "this server was started without scripts", "start it by `wireproof serve --control`")


@dataclass(frozen=True, slots=True)
class StartState:
    """The state of a server at its start, to which a reset returns, and what it needs from other rooms.

    Attributes:
        at: another path at which the only profile is served; None for none.
        faults: the faults of the whole server.
        script: the scripted answers.
        describe: returns the facts about a received request: without its key, with the verdict on it; None for a server
            without a journal.
        read_script: reads a script from JSON data; raises ConfigError if it is invalid.
    """

    at: str | None = None
    faults: tuple[FaultOrder, ...] = ()
    script: tuple[ScriptedTurn, ...] = ()
    describe: Callable[[JournalEntry], dict[str, Any]] | None = None
    read_script: Callable[[Any], tuple[ScriptedTurn, ...]] = refuse_scripts

    @property
    def has_journal(self) -> bool:
        return self.describe is not None


START_WITH_NOTHING = StartState()


@dataclass(slots=True)
class ServerState:
    """The state that outlasts a request.

    Attributes:
        ahead_s: the seconds by which the clock of the server is ahead.
        cells: name of a profile → its cells that are up, if not all are.
        faults: the faults of the whole server.
        gap_s: the seconds between two steps of a stream.
        dead_accounts: the accounts that a fault no longer serves.
    """

    ahead_s: float = 0.0
    cells: dict[str, int] = field(default_factory=dict)
    faults: tuple[FaultOrder, ...] = ()
    gap_s: float = 0.0
    accounts: Accounts = field(default_factory=Accounts)
    slots: Slots = field(default_factory=Slots)
    dead_accounts: set[AccountKey] = field(default_factory=set)
    fault_counts: FaultCounts = field(default_factory=FaultCounts)
    journal: Journal = field(default_factory=Journal)
    script: ScriptProgress = field(default_factory=ScriptProgress)
    start: StartState = START_WITH_NOTHING

    def reset(self) -> None:
        """Returns to the state at the start; cells and the gap between steps of a stream are as they were set."""
        self.ahead_s, self.faults = 0.0, self.start.faults
        self.script.start(self.start.script)
        self.cells.clear()
        for one in (self.accounts, self.slots, self.dead_accounts, self.fault_counts, self.journal):
            one.clear()

    def to_json(self) -> dict[str, Any]:
        return {
            "clock": {"ahead": self.ahead_s},
            "cells": dict(self.cells),
            "fault": ", ".join(map(str, self.faults)) or None,
            "gap": self.gap_s,
            "accounts": len(self.accounts),
            "left": self.slots.clients_left,
            "script": len(self.script.turns),
        }
