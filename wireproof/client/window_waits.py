"""Waits for a later time, and exclusive use of a key whose rate limit is judged.

On the mock the clock is moved and each case has its own account. On other targets a case that needs a later time
waits for it, within --patience. The key of a tier serves one case at a time; a case that has to reach the limit starts
in a fresh window.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wireproof.contract.case import PLAIN_KEYS, Case, RequestSpec
from wireproof.contract.target import Target

# A window of a minute, and a second for the difference of the clocks.
FRESH_AFTER_S = 61.0


@dataclass(slots=True)
class WindowWaits:
    """Waits of one target, and the use of its keys."""

    target: Target
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _fresh_at: dict[str, float] = field(default_factory=dict)
    _started_at: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def key_turn(self, case: Case) -> AsyncIterator[None]:
        """Reserves the key of a tier for this case; other keys need no reservation."""
        key = find_tier_key(case, self.target)
        if key is None:
            self._started_at[case.name] = self.clock()
            yield
            return
        async with self._locks.setdefault(key, asyncio.Lock()):
            await self._sleep_until(self._fresh_at.get(f"{key} {needs_fresh_window(case)}", 0.0))
            self._started_at[case.name] = self.clock()
            yield
            for needs_fresh in windows_used_up_by(case):
                self._fresh_at[f"{key} {needs_fresh}"] = self.clock() + FRESH_AFTER_S

    async def wait_for_moment(self, case: Case, spec: RequestSpec) -> None:
        """Waits for the time of a request if the clock of the target cannot be moved."""
        if spec.clock and "clock" not in self.target.means:
            await self._sleep_until(self._started_at[case.name] + spec.clock)

    async def _sleep_until(self, moment: float) -> None:
        seconds = moment - self.clock()
        if 0 < seconds <= max(self.target.patience, 0.0):
            await self.sleep(seconds)


def find_tier_key(case: Case, target: Target) -> str | None:
    """Name of the tier key that a case sends, if the key serves one case at a time."""
    if target.own_keys:
        return None
    keys = (target.keys.get(spec.key) for spec in case.asks if spec.key not in PLAIN_KEYS)
    return next((key.name for key in keys if key is not None), None)


def means_by_waiting(case: Case, target: Target) -> frozenset[str]:
    """The means that waiting replaces: `clock`, if the wait is short and the key or connection is not shared."""
    alone = case.connection is not None or not any(spec.key in PLAIN_KEYS for spec in case.asks)
    return frozenset({"clock"} if alone and 0 < case.latest_moment_s <= target.patience else ())


def longest_wait_s(cases: Iterable[Case], target: Target) -> float:
    """Seconds of waits alone, if the cases are sent in this order and requests take no time."""
    free_at: dict[str, float] = {}
    fresh_at: dict[tuple[str, bool], float] = {}
    for case in cases:
        key = find_tier_key(case, target)
        starts_at = free_at.get(key or case.name, 0.0)
        if key is not None:
            delay = fresh_at.get((key, needs_fresh_window(case)), 0.0) - starts_at
            starts_at += delay if 0 < delay <= target.patience else 0.0
        wait = 0.0 if "clock" in target.means or case.latest_moment_s > target.patience else case.latest_moment_s
        free_at[key or case.name] = ended = starts_at + wait
        if key is not None:
            fresh_at |= {(key, needs_fresh): ended + FRESH_AFTER_S for needs_fresh in windows_used_up_by(case)}
    return max(free_at.values(), default=0.0)


def windows_used_up_by(case: Case) -> tuple[bool, ...]:
    """Later cases that have to wait after this one: True for those that need a fresh window, False for others."""
    return (True, False) if needs_fresh_window(case) else (True,)


def needs_fresh_window(case: Case) -> bool:
    """True if a case counts the requests of a window from its start."""
    return case.refused == "rate-limited" or case.latest_moment_s > 0
