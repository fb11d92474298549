"""The state of a running server, which its control endpoint changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.accounts.account import Accounts
from wireproof.mock.accounts.slots import AccountKey, Slots


@dataclass(slots=True)
class ServerState:
    """The state that outlasts a request.

    Attributes:
        ahead_s: the seconds by which the clock of the server is ahead.
        cells: name of a profile → its cells that are up, if not all are.
        fault: the id of the fault of the whole server.
        gap_s: the seconds between two steps of a stream.
        dead_accounts: the accounts that a fault no longer serves.
    """

    ahead_s: float = 0.0
    cells: dict[str, int] = field(default_factory=dict)
    fault: str | None = None
    gap_s: float = 0.0
    accounts: Accounts = field(default_factory=Accounts)
    slots: Slots = field(default_factory=Slots)
    dead_accounts: set[AccountKey] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        return {
            "clock": {"ahead": self.ahead_s},
            "cells": dict(self.cells),
            "fault": self.fault,
            "gap": self.gap_s,
            "accounts": len(self.accounts),
            "left": self.slots.clients_left,
        }
