"""Stalls of the own event loop, which must not count as delays of the peer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType

BEAT_NS = 20_000_000
# Timers of an idle system stay within this.
STALL_NS = 2 * BEAT_NS


class LoopLag:
    """Measures the delays of a periodic task on the running loop, from entering to leaving."""

    def __init__(self) -> None:
        self._last_beat_ns = 0
        self._stalls: list[tuple[int, int]] = []

    async def __aenter__(self) -> LoopLag:
        self._last_beat_ns = time.monotonic_ns()
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def longest_stall_ns(self, began_ns: int, ended_ns: int) -> int:
        """Longest stall within this interval in nanoseconds; 0 if there was none. A stall in progress counts."""
        stalls = [*self._stalls, (self._last_beat_ns, ended_ns)]
        return max((_overlap_ns(stall, began_ns, ended_ns) for stall in stalls if _is_stall(*stall)), default=0)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_NS / 1e9)
            now_ns = time.monotonic_ns()
            if _is_stall(self._last_beat_ns, now_ns):
                self._stalls.append((self._last_beat_ns, now_ns))
            self._last_beat_ns = now_ns


def _is_stall(last_beat_ns: int, now_ns: int) -> bool:
    return now_ns - last_beat_ns > STALL_NS


def _overlap_ns(stall: tuple[int, int], began_ns: int, ended_ns: int) -> int:
    return max(0, min(stall[1], ended_ns) - max(stall[0], began_ns))
