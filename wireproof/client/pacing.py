"""How fast a target is asked: in even steps, and not before the time that the target itself names.

The steps come from --pace or from the limit of the key's tier. A target that says that nothing remains, or when
to come back, is left alone until then, as far as that is worth waiting for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from wireproof.client.partial_response import RETRY_LATER_STATUSES, PartialResponse
from wireproof.contract.case import Case
from wireproof.contract.provider import Rate
from wireproof.contract.target import Target
from wireproof.formats.durations import EARLIEST_UNIX_TIME, duration_s, seconds_until

MINUTE_S = 60.0
# A limit of a minute is over by then; one of a day is not worth waiting for.
LONGEST_HOLD_S = 60.0
# These cases ask for the limit itself; waiting would keep them from what they are to show.
LIMIT_REFUSALS = frozenset({"rate-limited", "quota-exhausted", "unavailable"})


@dataclass(slots=True)
class Pacing:
    """One target's pace; a hold is of the key that was told to wait."""

    gap_s: float
    rate: Rate
    heeds: bool = True
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _next: float = 0.0
    _held: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_target(cls, target: Target) -> Pacing:
        """The pace of a target; where each case is an account of its own, no answer holds the next."""
        return cls(MINUTE_S / target.pace if target.pace else 0.0, target.provider.rate, not target.own_keys)

    async def wait(self, case: Case, key: str) -> None:
        """Wait until a request of this case may leave with the key of this name."""
        if not is_paced(case):
            return
        while True:
            held, now = self._held.get(key, 0.0), self.clock()
            at = max(now, self._next, held)
            self._next = at + self.gap_s
            if at > now:
                await self.sleep(at - now)
            if self._held.get(key, 0.0) <= max(held, self.clock()):
                return

    def note_response(self, case: Case, key: str, answer: PartialResponse) -> None:
        """Take what an answer says about the next one."""
        seconds = requested_wait_s(answer, self.rate) if self.heeds and is_paced(case) else None
        if seconds is not None and 0 < seconds <= LONGEST_HOLD_S:
            self._held[key] = max(self._held.get(key, 0.0), self.clock() + seconds)


def is_paced(case: Case) -> bool:
    """Whether a case keeps the pace: it neither asks for a limit nor brings means of its own."""
    return case.refused not in LIMIT_REFUSALS and not case.means


def requested_wait_s(answer: PartialResponse, rate: Rate) -> float | None:
    """Seconds for which an answer asks to be left alone; None where it says nothing of the kind."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in answer.headers}
    if answer.status in RETRY_LATER_STATUSES and "retry-after" in headers:
        return seconds_until(headers["retry-after"], answer.sent_at)
    if rate.remaining and headers.get(rate.remaining.lower()) == "0":
        return _reset_wait_s(headers, rate, answer.sent_at)
    return None


def _reset_wait_s(headers: Mapping[str, str], rate: Rate, now: float) -> float | None:
    value = headers.get(rate.reset.lower(), "")
    seconds = duration_s(value)
    if seconds is not None:
        return seconds
    if not (value.isascii() and value.isdigit()):
        return None
    return float(value) - now if float(value) > EARLIEST_UNIX_TIME else float(value)
