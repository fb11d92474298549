"""Moments that a target reaches in its own time, and the turns of a key whose limit is shown.

The clock of the bundled server is moved, and each case is an account of its own there. Elsewhere a case that asks
for a later moment waits for it, as far as the run has the patience; and the key of a tier serves one case at a time,
each that is to meet the limit in a minute of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wireproof.case import PLAIN_KEYS, Ask, Case
from wireproof.target import Target

# A minute of the target's is over a second after one of ours.
FRESH_AFTER_S = 61.0


@dataclass(slots=True)
class Patience:
    """One target's keys, and how long a case may wait."""

    target: Target
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _fresh: dict[str, float] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, case: Case) -> AsyncIterator[None]:
        """The time in which the key of a tier serves this case alone; of any other key nothing is kept."""
        key = None if self.target.own_keys else self._key(case)
        if key is None:
            self._began[case.name] = self.clock()
            yield
            return
        async with self._turns.setdefault(key, asyncio.Lock()):
            await self._wait(self._fresh.get(f"{key} {meets_limit(case)}", 0.0))
            self._began[case.name] = self.clock()
            yield
            # A full minute is in the way of whatever comes next; a request is in the way of a count.
            for meets in (True, False) if meets_limit(case) else (True,):
                self._fresh[f"{key} {meets}"] = self.clock() + FRESH_AFTER_S

    async def until(self, case: Case, ask: Ask) -> None:
        """Wait for the moment that a request asks for, where no clock can be moved."""
        if ask.clock and "clock" not in self.target.means:
            await self._wait(self._began[case.name] + ask.clock)

    async def _wait(self, moment: float) -> None:
        seconds = moment - self.clock()
        if 0 < seconds <= max(self.target.patience, 0.0):
            await self.sleep(seconds)

    def _key(self, case: Case) -> str | None:
        """The name of the key of a tier that a case asks with."""
        keys = (self.target.keys.get(ask.key) for ask in case.asks if ask.key not in PLAIN_KEYS)
        return next((key.name for key in keys if key is not None), None)


def granted(case: Case, target: Target) -> frozenset[str]:
    """The means that patience stands in for: a clock, where the moment is near and nobody else uses the key."""
    alone = not any(ask.key in PLAIN_KEYS for ask in case.asks)
    return frozenset({"clock"} if alone and 0 < case.latest <= target.patience else ())


def meets_limit(case: Case) -> bool:
    """Whether a case counts a minute from its beginning."""
    return case.refused == "rate-limited" or case.latest > 0
