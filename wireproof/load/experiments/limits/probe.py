"""Asks one endpoint until its limit refuses, waits, and asks again, so that what is admitted tells the model.

The limit is met once at full speed. Then the moment is looked for at which it opens again, first where the endpoint
says it does and just before, then step by step. Then one window is asked in two halves, which a window that slides
frees apart, one on the clock earlier, and a bucket bit by bit.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from wireproof.client.budget import Budget
from wireproof.client.partial_response import RETRY_LATER_STATUSES
from wireproof.client.request_builder import build_request
from wireproof.client.sender import Channel
from wireproof.contract.case import Case
from wireproof.contract.target import Key, Target
from wireproof.errors import WireproofError
from wireproof.evidence.exchange import Exchange
from wireproof.judging import expect_limits
from wireproof.judging.check import Violation
from wireproof.load.experiments.limits.limiter_models import Observation

# Where no wait is told, each next moment is this much later than the last one.
WAIT_STEP = 1.2
FIRST_WAIT_S = 0.5
# A wait that is told is tried this much too early: whole seconds round up, so it is over one second.
EARLY_S, LATE_S = 1.1, 0.1
# The last halves of a window are looked for at so many moments between those that are known.
REOPENING_MOMENTS = 6
# A moment of opening that is known no better than this factor is looked for again, step by step.
WIDE_OPENING_FACTOR = 1.5
# Tokens of an answer: it is the admission that counts.
PROBE_TOKEN_CAP = 1


class NothingLeft(Exception):
    """Nothing more may be asked: the budget, or the patience."""


@dataclass(frozen=True, slots=True)
class ProbedRequest:
    """One request with what came of it.

    Attributes:
        at: the moment it was sent, in Unix seconds by the clock of the target.
    """

    at: float
    exchange: Exchange

    @property
    def trip_s(self) -> float:
        """Seconds until its answer began; in that while it was admitted or not."""
        return (self.exchange.headers_ns - self.exchange.started_ns) / 1e9 if self.exchange.headers_ns else 0.0

    @property
    def observation(self) -> Observation:
        """What the models are told of it."""
        return Observation(self.at + self.trip_s / 2, self.is_admitted, self.trip_s / 2)

    @property
    def is_admitted(self) -> bool:
        """Whether it was let through."""
        return self.exchange.status not in RETRY_LATER_STATUSES


@dataclass(slots=True)
class LimitProbe:
    """What was asked of one limit, in order.

    Attributes:
        tried: seconds that a refusal told to wait, seconds that were waited, and whether that was admitted.
        full: how many of the requests were sent when the limit was met first.
        other_admitted: whether another key was admitted while this one was not; None where none was asked.
        ended: why it could not ask on; empty where it asked all it wanted.
    """

    target: Target
    case: Case
    line: Channel
    budget: Budget
    patience_s: float
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    clock: Callable[[], float] = time.time
    requests: list[ProbedRequest] = field(default_factory=list)
    tried_waits: list[tuple[float, float, bool]] = field(default_factory=list)
    first_fill_count: int = 0
    other_admitted: bool | None = None
    ended: str = ""
    _ahead_s: float = 0.0

    @property
    def observations(self) -> tuple[Observation, ...]:
        """The moments and what was admitted."""
        return tuple(one.observation for one in self.requests)

    async def run(self, other: Key | None = None) -> None:
        """Ask whatever tells the limit, as far as budget and patience go.

        Raises WireproofError where an answer is neither success nor a refusal for the limit.
        """
        try:
            await self._ask_until_refused()
            self.first_fill_count = len(self.requests)
            if other is not None:
                self.other_admitted = await self._admits_key(other)
            began, refused = self.requests[0].at, self.requests[-1].at
            shut, opened = await self._find_opening(hinted=True)
            if opened - refused > WIDE_OPENING_FACTOR * (shut - refused + FIRST_WAIT_S):
                await self._ask_until_refused()
                began, refused = opened, self.requests[-1].at
                shut, opened = await self._find_opening(hinted=False)
            rest = max(1, min(3, (self.first_fill_count - 1) // 2))
            if await self._ask_in_row(rest) < rest:
                await self._wait_until(self._now() + (opened - refused) * self.first_fill_count / 2)
                await self._ask_until_refused()
            await self._ask_in_halves(shut - began, opened - began)
        except NothingLeft as reason:
            self.ended = str(reason)

    async def _ask_in_halves(self, shut_s: float, open_s: float) -> None:
        """One window in two halves.

        Args:
            shut_s, open_s: seconds after its first request at which the limit was last full, and at which it was open.
        """
        await self._wait_until(self._now() + 1.25 * open_s)
        began = self._now()
        await self._ask_in_row(math.ceil((self.first_fill_count - 1) / 2))
        await self._wait_until(began + 0.5 * open_s)
        await self._ask_until_refused()
        await self._wait_until(began + 0.8 * open_s)
        if await self._ask():
            await self._ask_until_refused()
        for moment in range(REOPENING_MOMENTS + 1):
            await self._wait_until(began + shut_s + (open_s - shut_s) * moment / REOPENING_MOMENTS)
            if await self._ask():
                break
        else:
            await self._find_opening(hinted=False)
        await self._ask_until_refused()

    async def _ask_until_refused(self) -> None:
        """Ask until the limit refuses, as many at once as the target has connections."""
        admitted = True
        while admitted:
            together = (self._ask() for _ in range(self.target.connections))
            answers = await asyncio.gather(*together, return_exceptions=True)
            for problem in (answer for answer in answers if isinstance(answer, BaseException)):
                raise problem
            admitted = all(answers)

    async def _ask_in_row(self, most: int) -> int:
        """Ask one after another until the limit refuses; says how many were admitted."""
        for admitted in range(most):
            if not await self._ask():
                return admitted
        return most

    async def _find_opening(self, *, hinted: bool) -> tuple[float, float]:
        """Find the moment at which the limit opens: the last at which it was shut, and the first at which it was not.

        Args:
            hinted: it is looked for first where the refusal says it is.
        """
        refusal = self.requests[-1]
        shut = refusal.at
        for wait_s, told_s in self._waits_to_try(told_wait_s(refusal.exchange) if hinted else None):
            # What is told holds from the moment it was said, which is before the answer came.
            late = told_s is not None and wait_s > told_s
            await self._wait_until(refusal.at + wait_s + refusal.trip_s * late)
            admitted = await self._ask()
            if told_s is not None:
                self.tried_waits.append((told_s, wait_s, admitted))
            if admitted:
                return shut, self.requests[-1].at
            shut = self.requests[-1].at
        raise NothingLeft("the limit did not open")

    def _waits_to_try(self, told: float | None) -> list[tuple[float, float | None]]:
        """Seconds to wait, in order, each with the wait that was told where this is just before or after it."""
        steps: list[tuple[float, float | None]] = []
        if told is not None and 0 < told < math.inf:
            steps = [(told - EARLY_S, told)] if told > 2 * EARLY_S else []
            steps += [(told + LATE_S, told)]
        wait_s = FIRST_WAIT_S if told is None else max(told, 0.0) * WAIT_STEP + FIRST_WAIT_S
        while wait_s < self.patience_s:
            steps.append((wait_s, None))
            wait_s *= WAIT_STEP
        return steps

    async def _admits_key(self, other: Key) -> bool:
        """Ask with another key; it has a limit of its own where it is admitted."""
        exchange = await self._send(replace(self.target, keys={**self.target.keys, self.case.asks[0].key: other}))
        return ProbedRequest(exchange.sent_at, exchange).is_admitted

    async def _ask(self) -> bool:
        ahead_s = self._ahead_s
        exchange = await self._send(self.target)
        self.requests.append(told := ProbedRequest(exchange.sent_at + ahead_s, exchange))
        return told.is_admitted

    async def _send(self, target: Target) -> Exchange:
        ask = replace(self.case.asks[0], cap=PROBE_TOKEN_CAP, clock=self._ahead_s or None)
        outgoing = build_request(ask, target, self.case.name, {})
        if (lack := self.budget.debit(outgoing)) is not None:
            raise NothingLeft(lack)
        answer = await self.line.send(outgoing)
        exchange = Exchange.from_response(
            answer,
            outgoing.shown,
            target=target.name,
            case=self.case.name,
            endpoint=ask.endpoint,
            step=len(self.requests),
        )
        if exchange.status not in (*range(200, 300), *RETRY_LATER_STATUSES):
            what = f"status {exchange.status}" if exchange.status else str(exchange.broken)
            raise WireproofError(f"{target.base_url} answered neither with success nor for its limit: {what}")
        return exchange

    def _now(self) -> float:
        return self.clock() + self._ahead_s

    async def _wait_until(self, moment: float) -> None:
        """Wait, or move the clock where the target has one to move."""
        seconds = moment - self._now()
        if seconds <= 0:
            return
        if "clock" in self.target.means:
            self._ahead_s += seconds
        elif seconds > self.patience_s:
            raise NothingLeft(f"the next moment is {seconds:.0f} s away, and --patience is {self.patience_s:g} s")
        else:
            await self.sleep(seconds)


def told_wait_s(exchange: Exchange) -> float | None:
    """Seconds that a refusal asks to wait; None where it tells none that reads."""
    with contextlib.suppress(Violation):
        return expect_limits.retry_after_s(exchange)
    return None
