"""Sends each case once to its target, within the target's connections, pace and budget.

A case that cannot be sent has a reason in place of exchanges. Nothing is ever retried to green: only a
transport failure before the first byte, and a 429 or 503 that says when to come back, are asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiolimiter import AsyncLimiter

from wireproof import pointer
from wireproof.answer import Answer
from wireproof.case import Ask, Case
from wireproof.check import Untestable
from wireproof.exchange import Exchange
from wireproof.json_text import NotJson
from wireproof.render import Outgoing, render
from wireproof.target import Target

TRIES = 3
LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Unsent:
    """Why a case was not sent; `outcome` is what its judgements come to."""

    outcome: str
    reason: str


Sent = tuple[Exchange, ...] | Unsent
Evidence = Mapping[str, Sent]


class Line(Protocol):
    """Whatever carries a request to its target and brings what comes back."""

    async def send(self, outgoing: Outgoing) -> Answer:
        """Send one request and take what comes."""


@dataclass(slots=True)
class Courier:
    """One target's cases under way; `evidence` remembers each by name, so none is sent twice."""

    target: Target
    line: Line
    on_exchange: Callable[[Exchange], None] = lambda exchange: None
    evidence: dict[str, Sent] = field(default_factory=dict)
    requests: int = 0
    _slots: asyncio.Semaphore = field(init=False)
    _pace: AsyncLimiter | None = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.target.connections)
        self._pace = AsyncLimiter(self.target.pace, 60.0) if self.target.pace else None

    async def send(self, case: Case) -> Sent:
        """Send one case, or say why not."""
        if case.name not in self.evidence:
            reason = _not_worth_sending(case, self.target)
            if reason is None:
                self.evidence[case.name] = await self._in_turn(case)
            else:
                self.evidence[case.name] = reason
        return self.evidence[case.name]

    async def send_all(self, cases: Iterable[Case]) -> None:
        """Send many cases side by side."""
        async with asyncio.TaskGroup() as group:
            for case in cases:
                group.create_task(self.send(case))

    async def ask_again(self, cases: Iterable[Case]) -> Evidence:
        """Send cases once more; what they gave before stays as it was."""
        asked = tuple(cases)
        answers = await asyncio.gather(*(self._in_turn(case) for case in asked))
        return {case.name: sent for case, sent in zip(asked, answers, strict=True)}

    async def _in_turn(self, case: Case) -> Sent:
        async with self._slots:
            return await self._converse(case)

    async def _converse(self, case: Case) -> Sent:
        exchanges: list[Exchange] = []
        saved: dict[str, Any] = {}
        for ask in case.asks * case.repeat:
            try:
                outgoing = render(ask, self.target, case.name, saved)
            except Untestable as reason:
                return Unsent("untestable", str(reason))
            if self._spent:
                return Unsent("untestable", f"the budget of {self.target.max_requests} requests is spent")
            exchange = await self._exchange(case, len(exchanges), ask, outgoing)
            exchanges.append(exchange)
            if not _saves(ask, exchange, saved) or _gave_up(exchange):
                break
        return tuple(exchanges)

    @property
    def _spent(self) -> bool:
        return self.target.max_requests is not None and self.requests >= self.target.max_requests

    async def _exchange(self, case: Case, step: int, ask: Ask, outgoing: Outgoing) -> Exchange:
        retries: list[str] = []
        while True:
            # Counted before the wait for the pace, so that no other case takes the same place in the budget.
            self.requests += 1
            if self._pace is not None:
                await self._pace.acquire()
            answer = await self.line.send(outgoing)
            again = len(retries) + 1 < TRIES and not self._spent
            wait = _wait(answer, case, self.target) if again else None
            exchange = _frozen(answer, case, step, ask, outgoing, self.target, tuple(retries))
            if wait is None:
                self.on_exchange(exchange)
                return exchange
            retries.append(f"{_cause(answer)}, asked again after {wait:g} s")
            await asyncio.sleep(wait)


def _not_worth_sending(case: Case, target: Target) -> Unsent | None:
    provider = target.provider
    missing = [ask.endpoint for ask in case.asks if ask.endpoint not in provider.endpoints]
    if missing:
        return Unsent("not-offered", f"the {provider.name} document describes no {missing[0]} endpoint")
    if not provider.offers(case.feature):
        return Unsent("not-offered", f"the {provider.name} document does not offer {case.feature}")
    lacking = case.means - target.means
    if lacking:
        return Unsent("untestable", f"needs {', '.join(sorted(lacking))}, which this run was not given")
    if case.profile == "full" and target.profile != "full":
        return Unsent("untestable", "belongs to the profile full (--profile full)")
    return None


def _saves(ask: Ask, exchange: Exchange, saved: dict[str, Any]) -> bool:
    """Keep what later steps need; False where the answer does not hold it."""
    try:
        saved.update({name: pointer.get(exchange.json, at) for name, at in ask.save.items()})
    except (pointer.Missing, NotJson):
        return False
    return True


def _gave_up(exchange: Exchange) -> bool:
    """A deadline passed: a target that hangs is not asked again and again."""
    return exchange.broken is not None and exchange.broken.kind in ("first-byte", "idle", "total")


def _wait(answer: Answer, case: Case, target: Target) -> float | None:
    """Seconds to wait before asking again; None where the answer stands."""
    if answer.silent and answer.broken is not None and answer.broken.kind in ("closed", "reset"):
        return 0.0
    limited = case.refused in ("rate-limited", "quota-exhausted", "unavailable")
    if answer.status not in (429, 503) or limited or case.repeat > 1 or case.means or target.own_keys:
        return None
    after = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
    seconds = float(after) if after.isdigit() else None
    return seconds if seconds is not None and seconds <= LONGEST_WAIT else None


def _cause(answer: Answer) -> str:
    return f"status {answer.status}" if answer.status else f"transport {answer.broken.kind if answer.broken else ''}"


def _frozen(
    answer: Answer,
    case: Case,
    step: int,
    ask: Ask,
    outgoing: Outgoing,
    target: Target,
    retries: tuple[str, ...],
) -> Exchange:
    return Exchange(
        target=target.name,
        case=case.name,
        endpoint=ask.endpoint,
        step=step,
        request=outgoing.shown,
        status=answer.status,
        http_version=answer.http_version,
        headers=answer.headers,
        reads=tuple(answer.reads),
        sent_at=answer.sent_at,
        started_ns=answer.started_ns,
        headers_ns=answer.headers_ns,
        ended_ns=answer.ended_ns,
        broken=answer.broken,
        retries=retries,
        truncated=answer.truncated,
    )
