"""Whether we were awake: what our own loop sleeps through must not pass for a silence of the peer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType

BEAT_NS = 20_000_000
# What the timers of a system that is not busy stay within.
STALL_NS = 2 * BEAT_NS


class LoopLag:
    """Beats on the running loop from entering to leaving, and knows when it was late."""

    def __init__(self) -> None:
        self._beaten_ns = 0
        self._stalls: list[tuple[int, int]] = []

    async def __aenter__(self) -> LoopLag:
        self._beaten_ns = time.monotonic_ns()
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._beating

    def longest_stall_ns(self, began_ns: int, ended_ns: int) -> int:
        """The longest stall within this time, in nanoseconds; 0 where there was none. The last beat may be due yet."""
        stalls = [*self._stalls, (self._beaten_ns, ended_ns)]
        return max((_overlap_ns(stall, began_ns, ended_ns) for stall in stalls if _is_stall(*stall)), default=0)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_NS / 1e9)
            now_ns = time.monotonic_ns()
            if _is_stall(self._beaten_ns, now_ns):
                self._stalls.append((self._beaten_ns, now_ns))
            self._beaten_ns = now_ns


def _is_stall(beaten_ns: int, then_ns: int) -> bool:
    return then_ns - beaten_ns > STALL_NS


def _overlap_ns(stall: tuple[int, int], began_ns: int, ended_ns: int) -> int:
    return max(0, min(stall[1], ended_ns) - max(stall[0], began_ns))
