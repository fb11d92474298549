"""What came of each case, and the record that is kept of it while a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from wireproof.case import Case
from wireproof.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why there is nothing to judge; `outcome` is what the judgements of the case come to."""

    outcome: str
    reason: str


Sent = tuple[Exchange, ...] | Unsent
Evidence = Mapping[str, Sent]


class Record(Protocol):
    """Told of each case as it goes; `turn` counts from 1 and is higher where a case is asked again."""

    def recalled(self, case: Case, turn: int) -> Sent | None:
        """What an earlier run left of a case; None where the case is still to be sent."""

    async def asking(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """A request is about to leave."""

    async def answered(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """The exchange as it is kept, and so as it is judged."""

    async def unsent(self, case: Case, turn: int, reason: Unsent) -> None:
        """A case gives nothing to judge."""


class NoRecord:
    """Keeps nothing and leaves everything as it is."""

    def recalled(self, case: Case, turn: int) -> Sent | None:
        """Nothing was left."""
        return None

    async def asking(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Nothing is written."""

    async def answered(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """The exchange as it came."""
        return exchange

    async def unsent(self, case: Case, turn: int, reason: Unsent) -> None:
        """Nothing is written."""
