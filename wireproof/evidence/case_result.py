"""The result of each case: its exchanges, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wireproof.evidence.exchange import Exchange


@dataclass(frozen=True, slots=True)
class NotSent:
    """A case without exchanges to judge.

    Attributes:
        outcome: outcome of the checks that judge the case.
        reason: why there is nothing to judge.
    """

    outcome: str
    reason: str


CaseResult = tuple[Exchange, ...] | NotSent
Evidence = Mapping[str, CaseResult]
