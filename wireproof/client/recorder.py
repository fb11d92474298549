"""The record that a sender keeps of each case while a run goes on."""

from __future__ import annotations

from typing import Protocol

from wireproof.contract.case import Case
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.evidence.exchange import Exchange


class Recorder(Protocol):
    """Hears of each case as it goes; `turn` counts from 1 and is higher where a case is asked again."""

    def recall(self, case: Case, turn: int) -> CaseResult | None:
        """Return what an earlier run left of a case; None where the case is still to be sent."""

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Note that a request is about to leave."""

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """Return the exchange as it is kept, and so as it is judged."""

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        """Note that a case gives nothing to judge."""


class NullRecorder:
    """Keeps nothing and leaves everything as it is."""

    def recall(self, case: Case, turn: int) -> CaseResult | None:
        """Return None: nothing was left."""
        return None

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Write nothing."""

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """Return the exchange as it came."""
        return exchange

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        """Write nothing."""
