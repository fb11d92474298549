"""The exchanges of each case, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wireproof.evidence.exchange import Exchange


@dataclass(frozen=True, slots=True)
class NotSent:
    """Why there is nothing to judge; `outcome` is what the judgements of the case come to."""

    outcome: str
    reason: str


CaseResult = tuple[Exchange, ...] | NotSent
Evidence = Mapping[str, CaseResult]
