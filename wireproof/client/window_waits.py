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
class WindowWaits:
    """One target's keys, and how long a case may wait."""

    target: Target
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _fresh: dict[str, float] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def key_turn(self, case: Case) -> AsyncIterator[None]:
        """The time in which the key of a tier serves this case alone; of any other key nothing is kept."""
        key = find_tier_key(case, self.target)
        if key is None:
            self._began[case.name] = self.clock()
            yield
            return
        async with self._turns.setdefault(key, asyncio.Lock()):
            await self._sleep_until(self._fresh.get(f"{key} {needs_fresh_window(case)}", 0.0))
            self._began[case.name] = self.clock()
            yield
            for meets in windows_used_up_by(case):
                self._fresh[f"{key} {meets}"] = self.clock() + FRESH_AFTER_S

    async def wait_for_moment(self, case: Case, ask: RequestSpec) -> None:
        """Wait for the moment that a request asks for, where no clock can be moved."""
        if ask.clock and "clock" not in self.target.means:
            await self._sleep_until(self._began[case.name] + ask.clock)

    async def _sleep_until(self, moment: float) -> None:
        seconds = moment - self.clock()
        if 0 < seconds <= max(self.target.patience, 0.0):
            await self.sleep(seconds)


def find_tier_key(case: Case, target: Target) -> str | None:
    """The name of the key of a tier that a case asks with, where the key serves one case at a time."""
    if target.own_keys:
        return None
    keys = (target.keys.get(ask.key) for ask in case.asks if ask.key not in PLAIN_KEYS)
    return next((key.name for key in keys if key is not None), None)


def means_by_waiting(case: Case, target: Target) -> frozenset[str]:
    """The means that patience stands in for: a clock, where the moment is near and nobody else uses key or line."""
    alone = case.connection is not None or not any(ask.key in PLAIN_KEYS for ask in case.asks)
    return frozenset({"clock"} if alone and 0 < case.latest_moment_s <= target.patience else ())


def longest_wait_s(cases: Iterable[Case], target: Target) -> float:
    """The seconds that waits alone take, where the cases leave in this order and nothing else takes time."""
    now: dict[str, float] = {}
    fresh: dict[tuple[str, bool], float] = {}
    for case in cases:
        key = find_tier_key(case, target)
        began = now.get(key or case.name, 0.0)
        if key is not None:
            turn = fresh.get((key, needs_fresh_window(case)), 0.0) - began
            began += turn if 0 < turn <= target.patience else 0.0
        waits = 0.0 if "clock" in target.means or case.latest_moment_s > target.patience else case.latest_moment_s
        now[key or case.name] = over = began + waits
        if key is not None:
            fresh |= {(key, meets): over + FRESH_AFTER_S for meets in windows_used_up_by(case)}
    return max(now.values(), default=0.0)


def windows_used_up_by(case: Case) -> tuple[bool, ...]:
    """Which of what comes next a case is in the way of: a full minute of anything, a request of a count."""
    return (True, False) if needs_fresh_window(case) else (True,)


def needs_fresh_window(case: Case) -> bool:
    """Whether a case counts a minute from its beginning."""
    return case.refused == "rate-limited" or case.latest_moment_s > 0
