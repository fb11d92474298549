"""Sends each case once to its target, within the target's connections, pace and budget.

A case that cannot be sent gets a reason instead of exchanges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Protocol

from wireproof.client import retry_policy
from wireproof.client.budget import Budget
from wireproof.client.pacing import Pacing
from wireproof.client.partial_response import PartialResponse
from wireproof.client.recorder import NullRecorder, Recorder
from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend, skip_reason
from wireproof.client.window_waits import WindowWaits
from wireproof.contract.case import PROFILE_CEILINGS, Case, RequestSpec
from wireproof.contract.target import Target
from wireproof.evidence.case_result import CaseResult, Evidence, NotSent
from wireproof.evidence.exchange import Exchange
from wireproof.formats import json_pointer
from wireproof.formats.strict_json import NotJson


class Channel(Protocol):
    """Sends a request to its target and returns the response."""

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Sends one request and returns the response as far as it came."""


class ChannelPool(Protocol):
    """A channel that cases share, with separate channels for cases that need their own connections."""

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        """Sends one request and returns the response as far as it came."""

    def own_connections(self, connections: int) -> AbstractAsyncContextManager[Channel]:
        """Opens a channel to the same target whose connections are not shared."""


@dataclass(slots=True)
class Sender:
    """Sends the cases of one target.

    Attributes:
        target: the target.
        pool: connections to the target.
        recorder: receives every exchange.
        evidence: case name → result; a case in it is not sent again.
    """

    target: Target
    pool: ChannelPool
    recorder: Recorder = field(default_factory=NullRecorder)
    evidence: dict[str, CaseResult] = field(default_factory=dict)
    _budget: Budget = field(init=False)
    _slots: asyncio.Semaphore = field(init=False)
    _queue: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _pacing: Pacing = field(init=False)
    _window_waits: WindowWaits = field(init=False)
    _turn: int = 1
    _case_requests: int = 0

    def __post_init__(self) -> None:
        self._budget = Budget(self.target)
        self._slots = asyncio.Semaphore(self.target.connections)
        self._pacing = Pacing.from_target(self.target)
        self._window_waits = WindowWaits(self.target)

    @property
    def request_count(self) -> int:
        """Number of requests sent, repetitions included."""
        return self._budget.requests

    def on_connection(self, pool: ChannelPool) -> Sender:
        """A sender over another pool, for another event loop, with the same budget, pace and evidence."""
        other = Sender(self.target, pool, self.recorder, self.evidence)
        other._budget, other._pacing = self._budget, self._pacing
        return other

    async def send(self, case: Case) -> CaseResult:
        """Sends one case, unless its result is known; returns the result."""
        if case.name not in self.evidence:
            self.evidence[case.name] = await self._recall_or_send(case)
        return self.evidence[case.name]

    async def send_all(self, cases: Iterable[Case]) -> None:
        """Sends many cases concurrently."""
        async with asyncio.TaskGroup() as group:
            for case in cases:
                group.create_task(self.send(case))

    async def _recall_or_send(self, case: Case) -> CaseResult:
        recalled = self.recorder.recall(case, self._turn)
        if recalled is not None:
            self._case_requests += len(recalled) if isinstance(recalled, tuple) else 0
            return recalled
        reason = skip_reason(case, self.target)
        sent = await self._send_in_window(case) if reason is None else reason
        if isinstance(sent, NotSent):
            await self.recorder.record_unsent(case, self._turn, sent)
        return sent

    async def _send_in_window(self, case: Case) -> CaseResult:
        async with self._window_waits.key_turn(case):
            return await self._send_with_slots(case)

    async def ask_again(self, cases: Iterable[Case]) -> Evidence:
        """Sends cases once more in a new turn, the first ones that the profile has room for; earlier results remain."""
        room = self._room_for_repeats()
        repeated = [case for case in cases if (room := room - case.request_count) >= 0]
        if not repeated:
            return {}
        self._turn += 1
        answers = await asyncio.gather(*(self._recall_or_send(case) for case in repeated))
        return {case.name: sent for case, sent in zip(repeated, answers, strict=True)}

    async def ask_again_alone(
        self, cases: Iterable[Case], pool: ChannelPool, enough: Callable[[Evidence], bool]
    ) -> Evidence:
        """Sends cases once more in a new turn, one after another over another pool; their earlier results remain.

        Args:
            enough: true if no further case needs to be sent, by the results of this turn.
        """
        answers: dict[str, CaseResult] = {}
        usual, self.pool = self.pool, pool
        self._turn += 1
        try:
            for case in cases:
                if enough(answers) or case.request_count > self._room_for_repeats():
                    break
                answers[case.name] = await self._recall_or_send(case)
        finally:
            self.pool = usual
        return answers

    def _room_for_repeats(self) -> float:
        """The number of requests that the ceiling of the profile still has room for."""
        return PROFILE_CEILINGS.get(self.target.profile, inf) - self._case_requests

    async def send_step(self, case: Case, step: int, spec: RequestSpec) -> Exchange | NotSent:
        """Sends one more request of a generated case; returns the reason if it is not sent."""
        reason = skip_reason(case, self.target)
        if reason is not None:
            return reason
        try:
            outgoing = build_request(spec, self.target, case.name, {})
        except CannotSend as reason:
            return NotSent("untestable", str(reason))
        if (shortfall := self._budget.debit(outgoing)) is not None:
            return NotSent("untestable", shortfall)
        async with self._queue:
            await self._slots.acquire()
        try:
            exchange = await self._exchange_with_retries(case, step, spec, outgoing, self.pool)
        finally:
            self._slots.release()
        return await self.recorder.record_exchange(exchange, case, self._turn, last=False)

    async def _send_with_slots(self, case: Case) -> CaseResult:
        async with self._queue:  # one case at a time takes slots, so that two cases cannot block each other
            for _ in range(case.connection_count):
                await self._slots.acquire()
        try:
            if not case.has_own_connections:
                return await self._send_in_sequence(case, self.pool)
            async with self.pool.own_connections(case.connection_count) as channel:
                return await (self._send_together if case.together else self._send_in_sequence)(case, channel)
        finally:
            for _ in range(case.connection_count):
                self._slots.release()

    async def _send_together(self, case: Case, channel: Channel) -> CaseResult:
        specs = case.asks * case.repeat
        try:
            outgoing = [build_request(spec, self.target, case.name, {}) for spec in specs]
        except CannotSend as reason:
            return NotSent("untestable", str(reason))
        if (shortfall := self._budget.debit(*outgoing)) is not None:
            return NotSent("untestable", shortfall)
        self._case_requests += len(outgoing)
        pairs = enumerate(zip(specs, outgoing, strict=True))
        exchanges = await asyncio.gather(
            *(self._exchange_with_retries(case, step, *pair, channel) for step, pair in pairs)
        )
        return tuple(
            [
                await self.recorder.record_exchange(exchange, case, self._turn, exchange is exchanges[-1])
                for exchange in exchanges
            ]
        )

    async def _send_in_sequence(self, case: Case, channel: Channel) -> CaseResult:
        exchanges: list[Exchange] = []
        saved: dict[str, Any] = {}
        for spec in case.asks * case.repeat:
            try:
                outgoing = build_request(spec, self.target, case.name, saved)
            except CannotSend as reason:
                return NotSent("untestable", str(reason))
            if (shortfall := self._budget.debit(outgoing)) is not None:
                return NotSent("untestable", shortfall)
            self._case_requests += 1
            await self._window_waits.wait_for_moment(case, spec)
            exchange = await self._exchange_with_retries(case, len(exchanges), spec, outgoing, channel)
            ended = not _save_values(spec, exchange, saved) or _deadline_passed(exchange)
            last = ended or len(exchanges) + 1 == case.request_count
            exchanges.append(await self.recorder.record_exchange(exchange, case, self._turn, last))
            if ended:
                break
        return tuple(exchanges)

    async def _exchange_with_retries(
        self, case: Case, step: int, spec: RequestSpec, outgoing: OutgoingRequest, channel: Channel
    ) -> Exchange:
        retries: list[str] = []
        attempts: list[Exchange] = []
        while True:
            key = outgoing.key.name if outgoing.key else ""
            await self._pacing.wait(case, key)
            await self.recorder.record_intent(case, self._turn, step, len(retries) + 1)
            answer = await channel.send(outgoing)
            self._pacing.note_response(case, key, answer)
            wait = retry_policy.retry_delay(answer, case, self.target, len(retries) + 1)
            # Debited before the wait, so that no other case uses this part of the budget.
            if wait is not None and self._budget.debit(outgoing) is not None:
                wait = None
            exchange = Exchange.from_response(
                answer,
                outgoing.shown,
                target=self.target.name,
                case=case.name,
                endpoint=spec.endpoint,
                step=step,
                retries=tuple(retries),
                attempts=tuple(attempts),
            )
            if wait is None:
                return exchange
            attempts.append(replace(exchange, retries=(), attempts=()))
            retries.append(f"{retry_policy.retry_reason(answer)}, sent again after {wait:g} s")
            await asyncio.sleep(wait)


def _save_values(spec: RequestSpec, exchange: Exchange, saved: dict[str, Any]) -> bool:
    """Saves values of the response, of a stream those of its first event; False if the response lacks one."""
    if not spec.save:
        return True
    try:
        streamed = exchange.is_event_stream
        body = next((chunk.value for chunk in exchange.stream.chunks), None) if streamed else exchange.json
        saved.update({name: json_pointer.get(body, at) for name, at in spec.save.items()})
    except (json_pointer.Missing, NotJson):
        return False
    return True


def _deadline_passed(exchange: Exchange) -> bool:
    """True if a deadline passed; the next requests of the case would hang too."""
    return exchange.broken is not None and exchange.broken.is_deadline
