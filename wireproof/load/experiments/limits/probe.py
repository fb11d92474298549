"""Sends requests to one endpoint so that the admissions and refusals identify the model of its limit.

First it sends at full speed until a refusal, within one minute of the clock. Then it looks for the time at which
requests are admitted again: just before and just after the announced wait, then in growing steps. Finally it fills
one window in two halves, because the models free them differently: a sliding window one after the other, a window by
the clock earlier, a token bucket gradually.
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
from wireproof.contract import loading
from wireproof.contract.base_url import likely_base_url
from wireproof.contract.case import Case
from wireproof.contract.target import Key, Target
from wireproof.errors import WireproofError
from wireproof.evidence.exchange import Exchange
from wireproof.judging import expect_limits
from wireproof.judging.check import Violation
from wireproof.load.experiments.limits.limiter_models import Observation

# Without an announced wait, each wait is this many times the previous one.
WAIT_STEP = 1.2
FIRST_WAIT_S = 0.5
# Offsets from an announced wait. The early one is over a second, because Retry-After is rounded up to whole seconds.
EARLY_S, LATE_S = 1.1, 0.1
# Attempts between the last known refusal and the first known admission of a window.
REOPENING_ATTEMPTS = 6
# If the time of opening is known no better than this factor, it is searched again in steps.
WIDE_OPENING_FACTOR = 1.5
# Short answers are enough: only the admission matters.
PROBE_TOKEN_CAP = 1
# A first fill that a minute of the clock divides hides the limit of a window by the clock.
MINUTE_S, LEAST_MINUTE_LEFT_S, INTO_MINUTE_S = 60.0, 20.0, 2.0


class NothingLeft(Exception):
    """Raised when budget or patience is used up."""


@dataclass(frozen=True, slots=True)
class ProbedRequest:
    """One request with its exchange.

    Attributes:
        at: time of the send, in Unix seconds by the clock of the target.
    """

    at: float
    exchange: Exchange

    @property
    def trip_s(self) -> float:
        """Seconds from the send to the start of the response; the limiter decided in this interval."""
        return (self.exchange.headers_ns - self.exchange.started_ns) / 1e9 if self.exchange.headers_ns else 0.0

    @property
    def observation(self) -> Observation:
        """The input of the models."""
        return Observation(self.at + self.trip_s / 2, self.is_admitted, self.trip_s / 2)

    @property
    def is_admitted(self) -> bool:
        """True unless it was refused for the limit."""
        return self.exchange.status not in RETRY_LATER_STATUSES


@dataclass(slots=True)
class LimitProbe:
    """The probe of one limit.

    Attributes:
        case: the case that is sent; it has one request.
        line: sends a request.
        patience_s: the longest single wait.
        sleep, clock: for tests.
        requests: all requests, in order.
        tried_waits: (seconds of Retry-After, seconds waited, admitted) for each announced wait that was tried.
        first_fill_count: number of requests up to the first refusal.
        other_admitted: another key was admitted while this one was refused; None without another key.
        ended: reason why the probe ended early; empty if it is complete.
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
        """The input of the models, for all requests."""
        return tuple(request.observation for request in self.requests)

    async def run(self, other: Key | None = None) -> None:
        """Runs the probe, as far as budget and patience allow.

        Args:
            other: a second key, to find out if the limit is per key.

        Raises WireproofError if a response is neither a success nor a refusal for the limit.
        """
        try:
            await self._wait_for_minute()
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

    async def _wait_for_minute(self) -> None:
        """Waits for the next minute of the clock if little is left of this one, as far as patience allows."""
        left_s = MINUTE_S - self._now() % MINUTE_S
        if left_s < LEAST_MINUTE_LEFT_S and left_s + INTO_MINUTE_S <= self.patience_s:
            await self._wait_until(self._now() + left_s + INTO_MINUTE_S)

    async def _ask_in_halves(self, shut_s: float, open_s: float) -> None:
        """Fills one window in two halves.

        Args:
            shut_s, open_s: seconds from the first request of a window to its last refusal and to its first admission.
        """
        await self._wait_until(self._now() + 1.25 * open_s)
        began = self._now()
        await self._ask_in_row(math.ceil((self.first_fill_count - 1) / 2))
        await self._wait_until(began + 0.5 * open_s)
        await self._ask_until_refused()
        await self._wait_until(began + 0.8 * open_s)
        if await self._ask():
            await self._ask_until_refused()
        for attempt in range(REOPENING_ATTEMPTS + 1):
            await self._wait_until(began + shut_s + (open_s - shut_s) * attempt / REOPENING_ATTEMPTS)
            if await self._ask():
                break
        else:
            await self._find_opening(hinted=False)
        await self._ask_until_refused()

    async def _ask_until_refused(self) -> None:
        """Sends requests until a refusal, on all connections of the target at once."""
        admitted = True
        while admitted:
            batch = (self._ask() for _ in range(self.target.connections))
            answers = await asyncio.gather(*batch, return_exceptions=True)
            for problem in (answer for answer in answers if isinstance(answer, BaseException)):
                raise problem
            admitted = all(answers)

    async def _ask_in_row(self, most: int) -> int:
        """Sends up to `most` requests one after another until a refusal; returns the number admitted."""
        for admitted in range(most):
            if not await self._ask():
                return admitted
        return most

    async def _find_opening(self, *, hinted: bool) -> tuple[float, float]:
        """Searches the time at which the limit opens; returns the times of the last refusal and the first admission.

        Args:
            hinted: tries the announced wait first.
        """
        refusal = self.requests[-1]
        shut = refusal.at
        for wait_s, told_s in self._waits_to_try(told_wait_s(refusal.exchange) if hinted else None):
            # A wait counts from the server's decision, at an unknown time before the response arrived.
            late = told_s is not None and wait_s > told_s
            await self._wait_until(refusal.at + wait_s + refusal.trip_s * late)
            admitted = await self._ask()
            if told_s is not None:
                self.tried_waits.append((told_s, wait_s, admitted))
            if admitted:
                return shut, self.requests[-1].at
            shut = self.requests[-1].at
        raise NothingLeft("the limit did not open")

    def _waits_to_try(self, told_s: float | None) -> list[tuple[float, float | None]]:
        """Waits in seconds, in order; those just before and after the announced wait are paired with it."""
        steps: list[tuple[float, float | None]] = []
        if told_s is not None and 0 < told_s < math.inf:
            steps = [(told_s - EARLY_S, told_s)] if told_s > 2 * EARLY_S else []
            steps += [(told_s + LATE_S, told_s)]
        wait_s = FIRST_WAIT_S if told_s is None else max(told_s, 0.0) * WAIT_STEP + FIRST_WAIT_S
        while wait_s < self.patience_s:
            steps.append((wait_s, None))
            wait_s *= WAIT_STEP
        return steps

    async def _admits_key(self, other: Key) -> bool:
        """Sends a request with another key; if it is admitted, that key has its own limit."""
        exchange = await self._send(replace(self.target, keys={**self.target.keys, self.case.asks[0].key: other}))
        return ProbedRequest(exchange.sent_at, exchange).is_admitted

    async def _ask(self) -> bool:
        ahead_s = self._ahead_s
        exchange = await self._send(self.target)
        self.requests.append(request := ProbedRequest(exchange.sent_at + ahead_s, exchange))
        return request.is_admitted

    async def _send(self, target: Target) -> Exchange:
        ask = replace(self.case.asks[0], cap=PROBE_TOKEN_CAP, clock=self._ahead_s or None)
        outgoing = build_request(ask, target, self.case.name, {})
        if (exhausted := self.budget.debit(outgoing)) is not None:
            raise NothingLeft(exhausted)
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
            likely = (
                likely_base_url(target.base_url, loading.endpoint_paths()) if exchange.status in (404, 405) else None
            )
            doubt = f"; did you mean --endpoint {likely}?" if likely else ""
            raise WireproofError(
                f"{target.base_url} returned neither success nor a refusal for its limit: {what}{doubt}"
            )
        return exchange

    def _now(self) -> float:
        return self.clock() + self._ahead_s

    async def _wait_until(self, moment: float) -> None:
        """Waits, or advances the clock of a target that allows it.

        Raises NothingLeft if the wait exceeds the patience.
        """
        seconds = moment - self._now()
        if seconds <= 0:
            return
        if "clock" in self.target.means:
            self._ahead_s += seconds
        elif seconds > self.patience_s:
            raise NothingLeft(f"the next request is due in {seconds:.0f} s, and --patience is {self.patience_s:g} s")
        else:
            await self.sleep(seconds)


def told_wait_s(exchange: Exchange) -> float | None:
    """Seconds of a refusal's Retry-After; None if it is missing or cannot be parsed."""
    with contextlib.suppress(Violation):
        return expect_limits.retry_after_s(exchange)
    return None
