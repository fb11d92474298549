"""What a running server remembers, and what its control endpoint changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wireproof.mock.accounts.account import Accounts
from wireproof.mock.accounts.slots import AccountKey, Slots


@dataclass(slots=True)
class ServerState:
    """The clock's lead, the cells that are up where it is not all, the fault of the whole server.

    Attributes:
        dead: the accounts for which a fault lets nothing be served any more.
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
