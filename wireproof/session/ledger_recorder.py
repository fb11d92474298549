"""The recorder that writes the cases of a run into its ledger, and the facts of its first line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from wireproof.contract.case import Case
from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult, NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.evidence.exchange_json import exchange_to_json
from wireproof.evidence.ledger_writer import Ledger


@dataclass(slots=True)
class LedgerRecorder:
    """Writes what is sent to one target, and knows what an earlier run left.

    Attributes:
        left: case and turn → what an earlier run left of it.
        on_exchange: called with each exchange, before secrets are taken out of it.
    """

    ledger: Ledger
    target: str
    left: Callable[[Case, int], CaseResult | None] = lambda case, turn: None
    on_exchange: Callable[[Exchange], None] = lambda exchange: None

    def recall(self, case: Case, turn: int) -> CaseResult | None:
        """Return what an earlier run left of a case."""
        return self.left(case, turn)

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Write the intent of a request."""
        place = {"target": self.target, "case": case.name, "turn": turn, "step": step, "attempt": attempt}
        await self.ledger.write_fact({"kind": "intent", **place, "at": time.time()})

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """Write an exchange and return it as it was written, which is how it is judged."""
        kept = self.ledger.redactor.mask_exchange(exchange)
        more = {"turn": turn, "last": last, "asked": case.digest}
        await self.ledger.write_fact({"kind": "exchange", **exchange_to_json(kept), **more})
        self.on_exchange(exchange)
        return kept

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        """Write why a case gives nothing to judge."""
        place = {"target": self.target, "case": case.name, "turn": turn}
        await self.ledger.write_fact(
            {
                "kind": "unsent",
                **place,
                "outcome": reason.outcome,
                "reason": self.ledger.redactor.mask_text(reason.reason),
            }
        )


def describe_target(target: Target) -> dict[str, Any]:
    """A target as reports and ledgers tell of it; no key is in it."""
    return {
        "name": target.name,
        "provider": target.provider.name,
        "base_url": target.base_url,
        "models": dict(target.models),
        "profile": target.profile,
        "means": sorted(target.means),
    }


def ledger_header(version: str, run: str, started: str, live: bool, targets: Iterable[Target]) -> dict[str, Any]:
    """The facts of the first line: who is to be asked, by which version, when."""
    told = [
        {**describe_target(target), "tier": target.tier, "deadlines": asdict(target.deadlines)} for target in targets
    ]
    return {"wireproof": version, "run": run, "started": started, "live": live, "targets": told}
