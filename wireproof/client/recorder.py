"""The recorder that a sender reports its cases to."""

from __future__ import annotations

from typing import Protocol

from wireproof.contract.case import Case
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.evidence.exchange import Exchange


class Recorder(Protocol):
    """Receives the progress of each case; `turn` counts from 1 and rises when a case is sent again."""

    def recall(self, case: Case, turn: int) -> CaseResult | None:
        """Returns the stored result of a case from an earlier run; None if the case has to be sent."""

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Records that a request is about to be sent."""

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """Records an exchange; returns it as stored, which is what checks read."""

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        """Records that a case has nothing to judge."""


class NullRecorder:
    """Records nothing and changes nothing."""

    def recall(self, case: Case, turn: int) -> CaseResult | None:
        """Returns None, since nothing is stored."""
        return None

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Does nothing."""

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """Returns the exchange unchanged."""
        return exchange

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        """Does nothing."""
