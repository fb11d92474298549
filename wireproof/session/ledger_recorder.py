"""Records the cases of one target in the ledger of a run, and makes the facts of its header line."""

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
    """Writes the requests and responses of one target into a ledger.

    Attributes:
        earlier_result: (case, turn) → the result that an interrupted run left; None if it left none.
        on_exchange: called with each exchange before its secrets are masked.
        on_unsent: called with each case that is not sent.
    """

    ledger: Ledger
    target: str
    earlier_result: Callable[[Case, int], CaseResult | None] = lambda case, turn: None
    on_exchange: Callable[[Exchange], None] = lambda exchange: None
    on_unsent: Callable[[Case], None] = lambda case: None

    def recall(self, case: Case, turn: int) -> CaseResult | None:
        """Returns the result that an interrupted run left of a case; None if the case is still to be sent."""
        return self.earlier_result(case, turn)

    async def record_intent(self, case: Case, turn: int, step: int, attempt: int) -> None:
        """Writes the fact that a request is about to be sent."""
        place = {"target": self.target, "case": case.name, "turn": turn, "step": step, "attempt": attempt}
        await self.ledger.write_fact({"kind": "intent", **place, "at": time.time()})

    async def record_exchange(self, exchange: Exchange, case: Case, turn: int, last: bool) -> Exchange:
        """Writes an exchange; returns it with secrets masked, the form in which it is judged."""
        masked = self.ledger.redactor.mask_exchange(exchange)
        extra = {"turn": turn, "last": last, "asked": case.digest}
        await self.ledger.write_fact({"kind": "exchange", **exchange_to_json(masked), **extra})
        self.on_exchange(exchange)
        return masked

    async def record_unsent(self, case: Case, turn: int, reason: NotSent) -> None:
        """Writes the reason why a case has no exchange."""
        self.on_unsent(case)
        place = {"target": self.target, "case": case.name, "turn": turn}
        await self.ledger.write_fact(
            {
                "kind": "unsent",
                **place,
                "outcome": reason.outcome,
                "reason": self.ledger.redactor.mask_text(reason.reason),
            }
        )


def describe_target(target: Target, left_out: int) -> dict[str, Any]:
    """Facts of a target for reports and ledgers, without its keys.

    Args:
        left_out: the number of planned verdicts that the profile of the target leaves out.
    """
    return {
        "name": target.name,
        "provider": target.provider.name,
        "base_url": target.base_url,
        "models": dict(target.models),
        "profile": target.profile,
        "left_out": left_out,
        "means": sorted(target.means),
        **({"proxy": target.network.proxy_address} if target.network.proxy else {}),
    }


def ledger_header(
    version: str, run: str, started: str, live: bool, targets: Iterable[tuple[Target, int]]
) -> dict[str, Any]:
    """The facts of the header line: version, run id, start, kind of run, targets with their left-out verdicts."""
    described = [
        {**describe_target(target, left_out), "tier": target.tier, "deadlines": asdict(target.deadlines)}
        for target, left_out in targets
    ]
    return {"wireproof": version, "run": run, "started": started, "live": live, "targets": described}
