"""Request rate of a target: even intervals, and waits that the target asks for.

The intervals come from --pace or from the limit of the tier. If a response states that no requests remain or when
to retry, its key waits until then, up to a limit.
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
# Covers limits per minute; limits per day are not waited for.
LONGEST_WAIT_S = 60.0
# Refusals that cases provoke on purpose; waiting would prevent them.
LIMIT_REFUSALS = frozenset({"rate-limited", "quota-exhausted", "unavailable"})


@dataclass(slots=True)
class Pacing:
    """Request rate of one target; a wait applies to the key whose response asked for it.

    Attributes:
        gap_s: seconds between two requests; 0 for no limit.
        rate: names and units of the rate-limit headers.
        follows_responses: true if responses may delay later requests.
    """

    gap_s: float
    rate: Rate
    follows_responses: bool = True
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _next_at: float = 0.0
    _blocked_until: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_target(cls, target: Target) -> Pacing:
        """The pacing of a target; responses delay nothing if each case has its own account."""
        return cls(MINUTE_S / target.pace if target.pace else 0.0, target.provider.rate, not target.own_keys)

    async def wait(self, case: Case, key: str) -> None:
        """Waits until a request of this case may be sent with the key of this name."""
        if not is_paced(case):
            return
        while True:
            blocked_until, now = self._blocked_until.get(key, 0.0), self.clock()
            at = max(now, self._next_at, blocked_until)
            self._next_at = at + self.gap_s
            if at > now:
                await self.sleep(at - now)
            if self._blocked_until.get(key, 0.0) <= max(blocked_until, self.clock()):
                return

    def note_response(self, case: Case, key: str, answer: PartialResponse) -> None:
        """Records the wait that a response asks for."""
        seconds = requested_wait_s(answer, self.rate) if self.follows_responses and is_paced(case) else None
        if seconds is not None and 0 < seconds <= LONGEST_WAIT_S:
            self._blocked_until[key] = max(self._blocked_until.get(key, 0.0), self.clock() + seconds)


def is_paced(case: Case) -> bool:
    """True if a case is paced: it provokes no limit and needs no means."""
    return case.refused not in LIMIT_REFUSALS and not case.means


def requested_wait_s(answer: PartialResponse, rate: Rate) -> float | None:
    """Seconds for which a response asks to wait; None if it does not."""
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
