"""Sends each case once to its target, within the target's connections, pace and budget.

A case that cannot be sent has a reason in place of exchanges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from wireproof.client import retry_policy
from wireproof.client.budget import Budget
from wireproof.client.pacing import Pacing
from wireproof.client.partial_response import PartialResponse
from wireproof.client.recorder import NullRecorder, Recorder
from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend, skip_reason
from wireproof.client.window_waits import WindowWaits
from wireproof.contract.case import Case, RequestSpec
from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult, Evidence, NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.formats.strict_json import NotJson


class Channel(Protocol):
    """Whatever carries a request to its target and brings what comes back."""

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Send one request and take what comes."""


class ChannelPool(Protocol):
    """A line that many cases share, which has lines of their own for those that need one."""

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Send one request and take what comes."""

    def own_connections(self, connections: int) -> AbstractAsyncContextManager[Channel]:
        """A line to the same target whose connections nobody else uses."""


@dataclass(slots=True)
class Sender:
    """One target's cases under way; `evidence` remembers each by name, so none is sent twice."""

    target: Target
    line: ChannelPool
    record: Recorder = field(default_factory=NullRecorder)
    evidence: dict[str, CaseResult] = field(default_factory=dict)
    _budget: Budget = field(init=False)
    _slots: asyncio.Semaphore = field(init=False)
    _queue: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _pace: Pacing = field(init=False)
    _patience: WindowWaits = field(init=False)
    _turns: int = 1

    def __post_init__(self) -> None:
        self._budget = Budget(self.target)
        self._slots = asyncio.Semaphore(self.target.connections)
        self._pace = Pacing.from_target(self.target)
        self._patience = WindowWaits(self.target)

    @property
    def request_count(self) -> int:
        """How many requests were sent, those asked again too."""
        return self._budget.requests

    def on_connection(self, line: ChannelPool) -> Sender:
        """The same courier over another line, on another event loop: the budget, the pace and the evidence go on."""
        other = Sender(self.target, line, self.record, self.evidence)
        other._budget, other._pace = self._budget, self._pace
        return other

    async def send(self, case: Case) -> CaseResult:
        """Send one case, or say why not."""
        if case.name not in self.evidence:
            self.evidence[case.name] = await self._recall_or_send(case)
        return self.evidence[case.name]

    async def send_all(self, cases: Iterable[Case]) -> None:
        """Send many cases side by side."""
        async with asyncio.TaskGroup() as group:
            for case in cases:
                group.create_task(self.send(case))

    async def _recall_or_send(self, case: Case) -> CaseResult:
        recalled = self.record.recall(case, self._turns)
        if recalled is not None:
            return recalled
        reason = skip_reason(case, self.target)
        sent = await self._send_in_window(case) if reason is None else reason
        if isinstance(sent, NotSent):
            await self.record.record_unsent(case, self._turns, sent)
        return sent

    async def _send_in_window(self, case: Case) -> CaseResult:
        async with self._patience.key_turn(case):
            return await self._send_with_slots(case)

    async def ask_again(self, cases: Iterable[Case]) -> Evidence:
        """Send cases once more; what they gave before stays as it was."""
        asked = tuple(cases)
        self._turns += 1
        answers = await asyncio.gather(*(self._recall_or_send(case) for case in asked))
        return {case.name: sent for case, sent in zip(asked, answers, strict=True)}

    async def send_step(self, case: Case, step: int, ask: RequestSpec) -> Exchange | NotSent:
        """Send one more request of a case that is made up as it goes, or say why not."""
        reason = skip_reason(case, self.target)
        if reason is not None:
            return reason
        try:
            outgoing = build_request(ask, self.target, case.name, {})
        except CannotSend as lack:
            return NotSent("untestable", str(lack))
        if (spent := self._budget.debit(outgoing)) is not None:
            return NotSent("untestable", spent)
        async with self._queue:
            await self._slots.acquire()
        try:
            exchange = await self._exchange_with_retries(case, step, ask, outgoing, self.line)
        finally:
            self._slots.release()
        return await self.record.record_exchange(exchange, case, self._turns, last=False)

    async def _send_with_slots(self, case: Case) -> CaseResult:
        async with self._queue:  # whoever needs several slots gets them before the next one gets any
            for _ in range(case.connection_count):
                await self._slots.acquire()
        try:
            if not case.has_own_connections:
                return await self._send_in_sequence(case, self.line)
            async with self.line.own_connections(case.connection_count) as line:
                return await (self._send_together if case.together else self._send_in_sequence)(case, line)
        finally:
            for _ in range(case.connection_count):
                self._slots.release()

    async def _send_together(self, case: Case, line: Channel) -> CaseResult:
        asks = case.asks * case.repeat
        try:
            outgoing = [build_request(ask, self.target, case.name, {}) for ask in asks]
        except CannotSend as reason:
            return NotSent("untestable", str(reason))
        if (lack := self._budget.debit(*outgoing)) is not None:
            return NotSent("untestable", lack)
        pairs = enumerate(zip(asks, outgoing, strict=True))
        exchanges = await asyncio.gather(
            *(self._exchange_with_retries(case, step, *pair, line) for step, pair in pairs)
        )
        return tuple(
            [await self.record.record_exchange(one, case, self._turns, one is exchanges[-1]) for one in exchanges]
        )

    async def _send_in_sequence(self, case: Case, line: Channel) -> CaseResult:
        exchanges: list[Exchange] = []
        saved: dict[str, Any] = {}
        for ask in case.asks * case.repeat:
            try:
                outgoing = build_request(ask, self.target, case.name, saved)
            except CannotSend as reason:
                return NotSent("untestable", str(reason))
            if (lack := self._budget.debit(outgoing)) is not None:
                return NotSent("untestable", lack)
            await self._patience.wait_for_moment(case, ask)
            exchange = await self._exchange_with_retries(case, len(exchanges), ask, outgoing, line)
            ended = not _save_values(ask, exchange, saved) or _deadline_passed(exchange)
            last = ended or len(exchanges) + 1 == case.request_count
            exchanges.append(await self.record.record_exchange(exchange, case, self._turns, last))
            if ended:
                break
        return tuple(exchanges)

    async def _exchange_with_retries(
        self, case: Case, step: int, ask: RequestSpec, outgoing: OutgoingRequest, line: Channel
    ) -> Exchange:
        retries: list[str] = []
        while True:
            key = outgoing.key.name if outgoing.key else ""
            await self._pace.wait(case, key)
            await self.record.record_intent(case, self._turns, step, len(retries) + 1)
            answer = await line.send(outgoing)
            self._pace.note_response(case, key, answer)
            wait = retry_policy.retry_delay(answer, case, self.target, len(retries) + 1)
            # Debited before any wait, so that no other case takes the same place in the budget.
            if wait is not None and self._budget.debit(outgoing) is not None:
                wait = None
            exchange = Exchange.from_response(
                answer,
                outgoing.shown,
                target=self.target.name,
                case=case.name,
                endpoint=ask.endpoint,
                step=step,
                retries=tuple(retries),
            )
            if wait is None:
                return exchange
            retries.append(f"{retry_policy.retry_reason(answer)}, asked again after {wait:g} s")
            await asyncio.sleep(wait)


def _save_values(ask: RequestSpec, exchange: Exchange, saved: dict[str, Any]) -> bool:
    """Keep what later steps need; False where the answer does not hold it."""
    try:
        saved.update({name: json_pointer.get(exchange.json, at) for name, at in ask.save.items()})
    except (json_pointer.Missing, NotJson):
        return False
    return True


def _deadline_passed(exchange: Exchange) -> bool:
    """A deadline passed: a target that hangs is not asked again and again."""
    return exchange.broken is not None and exchange.broken.kind in ("first-byte", "idle", "total")
