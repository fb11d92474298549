"""Request sequences: requests of one account, each made from the answers before it and judged at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from wireproof.client.sender import Sender
from wireproof.contract.case import Case, RequestSpec
from wireproof.evidence.case_result import NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.generation.generated_request import GENERATED_AREA
from wireproof.judging.excuses import asking_failure

Exchanges = tuple[Exchange, ...]


@dataclass(slots=True)
class RequestSequence:
    """Sends sequences of requests to one target, one sequence after another.

    Each sequence is an account of its own, if the target supports that.

    Attributes:
        says: the description of the case.
        judge: raises Violation if the exchanges of a sequence break a rule.
        refused: the cause for which its requests may be refused.
        run_coroutine: runs a coroutine to its end, since the rules of a state machine are synchronous.
        failing: the exchanges of the last failed sequence; hypothesis ends with the smallest.
        missing_reason: the reason why no more requests can be sent; empty if they can.
        sent_count: number of requests sent in all sequences.
        begun_count: number of sequences begun.
        sent_specs: the requests of the current sequence.
        exchanges: the exchanges of the current sequence.
    """

    name: str
    says: str
    sender: Sender
    judge: Callable[[Case, Exchanges], None]
    refused: str | None = None
    run_coroutine: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
    failing: Exchanges = ()
    missing_reason: str = ""
    sent_count: int = 0
    begun_count: int = 0
    sent_specs: list[RequestSpec] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def begin(self) -> None:
        """Begins another sequence."""
        self.begun_count += 1
        self.sent_specs, self.exchanges = [], []

    def send_step(self, spec: RequestSpec) -> Exchange | None:
        """Sends one more request; returns its exchange, None if it cannot be sent."""
        if self.missing_reason:
            return None
        sending = self.sender.send_step(self.as_case(spec), len(self.exchanges), spec)
        exchange: Exchange | NotSent = self.run_coroutine(sending)
        if isinstance(exchange, NotSent):
            self.missing_reason = exchange.reason
            return None
        self.missing_reason = asking_failure(exchange)
        if self.missing_reason:
            return None
        self.sent_count += 1
        self.sent_specs.append(spec)
        self.exchanges.append(exchange)
        return exchange

    def judge_so_far(self) -> None:
        """Judges the sequence so far; raises Violation if it breaks a rule."""
        if not self.exchanges or self.missing_reason:
            return
        try:
            self.judge(self.as_case(self.sent_specs[-1]), tuple(self.exchanges))
        except AssertionError:
            self.failing = tuple(self.exchanges)
            raise

    def as_case(self, *specs: RequestSpec) -> Case:
        """The case of the current sequence, with these requests."""
        return Case(f"{self.name}#{self.begun_count}", GENERATED_AREA, self.says, specs, refused=self.refused)
