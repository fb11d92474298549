"""Moments that a target reaches in its own time, and the turns of a key whose limit is shown.

The clock of the bundled server is moved, and each case is an account of its own there. Elsewhere a case that asks
for a later moment waits for it, as far as the run has the patience; and the key of a tier serves one case at a time,
each that is to meet the limit in a minute of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wireproof.contract.case import PLAIN_KEYS, Case, RequestSpec
from wireproof.contract.target import Target

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
        key = key_of(case, self.target)
        if key is None:
            self._began[case.name] = self.clock()
            yield
            return
        async with self._turns.setdefault(key, asyncio.Lock()):
            await self._wait(self._fresh.get(f"{key} {meets_limit(case)}", 0.0))
            self._began[case.name] = self.clock()
            yield
            for meets in spoilt_by(case):
                self._fresh[f"{key} {meets}"] = self.clock() + FRESH_AFTER_S

    async def until(self, case: Case, ask: RequestSpec) -> None:
        """Wait for the moment that a request asks for, where no clock can be moved."""
        if ask.clock and "clock" not in self.target.means:
            await self._wait(self._began[case.name] + ask.clock)

    async def _wait(self, moment: float) -> None:
        seconds = moment - self.clock()
        if 0 < seconds <= max(self.target.patience, 0.0):
            await self.sleep(seconds)


def key_of(case: Case, target: Target) -> str | None:
    """The name of the key of a tier that a case asks with, where the key serves one case at a time."""
    if target.own_keys:
        return None
    keys = (target.keys.get(ask.key) for ask in case.asks if ask.key not in PLAIN_KEYS)
    return next((key.name for key in keys if key is not None), None)


def granted(case: Case, target: Target) -> frozenset[str]:
    """The means that patience stands in for: a clock, where the moment is near and nobody else uses key or line."""
    alone = case.connection is not None or not any(ask.key in PLAIN_KEYS for ask in case.asks)
    return frozenset({"clock"} if alone and 0 < case.latest_moment_s <= target.patience else ())


def longest_wait(cases: Iterable[Case], target: Target) -> float:
    """The seconds that waits alone take, where the cases leave in this order and nothing else takes time."""
    now: dict[str, float] = {}
    fresh: dict[tuple[str, bool], float] = {}
    for case in cases:
        key = key_of(case, target)
        began = now.get(key or case.name, 0.0)
        if key is not None:
            turn = fresh.get((key, meets_limit(case)), 0.0) - began
            began += turn if 0 < turn <= target.patience else 0.0
        waits = 0.0 if "clock" in target.means or case.latest_moment_s > target.patience else case.latest_moment_s
        now[key or case.name] = over = began + waits
        if key is not None:
            fresh |= {(key, meets): over + FRESH_AFTER_S for meets in spoilt_by(case)}
    return max(now.values(), default=0.0)


def spoilt_by(case: Case) -> tuple[bool, ...]:
    """Which of what comes next a case is in the way of: a full minute of anything, a request of a count."""
    return (True, False) if meets_limit(case) else (True,)


def meets_limit(case: Case) -> bool:
    """Whether a case counts a minute from its beginning."""
    return case.refused == "rate-limited" or case.latest_moment_s > 0
