"""A talk: requests of one account that follow each other as they are made up, judged after each."""

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
    """Talks with one target, one after another; each is an account of its own, where the target has such.

    Attributes:
        judge: raises Violation where the exchanges of a talk break a rule.
        refused: the cause for which its requests may be refused.
        do: does what a coroutine says, since the rules of a machine cannot wait.
        failing: the exchanges of the last talk that was judged wrong, the smallest one in the end.
        lack: why no more could be said.
        asked: how many requests were sent.
    """

    name: str
    says: str
    courier: Sender
    judge: Callable[[Case, Exchanges], None]
    refused: str | None = None
    do: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
    failing: Exchanges = ()
    lack: str = ""
    asked: int = 0
    begun: int = 0
    asks: list[RequestSpec] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def begin(self) -> None:
        """Another talk begins."""
        self.begun += 1
        self.asks, self.exchanges = [], []

    def send_step(self, ask: RequestSpec) -> Exchange | None:
        """The exchange of one more request; None where there is nothing to send it with."""
        if self.lack:
            return None
        came: Exchange | NotSent = self.do(self.courier.send_step(self.as_case(ask), len(self.exchanges), ask))
        if isinstance(came, NotSent):
            self.lack = came.reason
            return None
        self.lack = asking_failure(came)
        if self.lack:
            return None
        self.asked += 1
        self.asks.append(ask)
        self.exchanges.append(came)
        return came

    def judge_so_far(self) -> None:
        """Judge the talk as far as it went; raises Violation."""
        if not self.exchanges or self.lack:
            return
        try:
            self.judge(self.as_case(self.asks[-1]), tuple(self.exchanges))
        except AssertionError:
            self.failing = tuple(self.exchanges)
            raise

    def as_case(self, *asks: RequestSpec) -> Case:
        """The talk as a case, as far as it is known."""
        return Case(f"{self.name}#{self.begun}", GENERATED_AREA, self.says, asks, refused=self.refused)
