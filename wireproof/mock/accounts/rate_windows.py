"""How a limit frees requests: all at once when a window is over, each after a window of its own, or bit by bit."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

WINDOW_S = 60.0


class RateWindow(Protocol):
    """Counts what a limiter has admitted; `limit` is what it admits in `seconds`."""

    def used(self, at: float, limit: float, seconds: float) -> int:
        """How many of the limit are taken now; forgets what is over."""

    def count(self, at: float, amount: int = 1) -> None:
        """Count what is admitted now, or was used by it."""

    def seconds_until_reset(self, at: float, limit: float) -> float:
        """Seconds until nothing is taken, as it is told: of a minute."""

    def seconds_until_free(self, at: float, limit: float) -> float:
        """Seconds until another request is admitted, as it is told, where all are taken."""


@dataclass(slots=True)
class FixedWindow:
    """A window that begins with its first request, or on the minute of the clock, and frees all when it is over."""

    by_the_clock: bool = False
    began: float = -math.inf
    admitted: int = 0

    def used(self, at: float, limit: float, seconds: float) -> int:
        if at - self.began >= seconds:
            self.began = at - at % seconds if self.by_the_clock else at
            self.admitted = 0
        return self.admitted

    def count(self, at: float, amount: int = 1) -> None:
        self.admitted += amount

    def seconds_until_reset(self, at: float, limit: float) -> float:
        return max(0.0, min(WINDOW_S, self.began + WINDOW_S - at))

    def seconds_until_free(self, at: float, limit: float) -> float:
        return self.seconds_until_reset(at, limit)


@dataclass(slots=True)
class SlidingWindow:
    """Each request is free again a window after it came."""

    taken: deque[float] = field(default_factory=deque)

    def used(self, at: float, limit: float, seconds: float) -> int:
        while self.taken and self.taken[0] + seconds <= at:
            self.taken.popleft()
        return len(self.taken)

    def count(self, at: float, amount: int = 1) -> None:
        self.taken.extend([at] * amount)

    def seconds_until_reset(self, at: float, limit: float) -> float:
        return max(0.0, self.taken[-1] + WINDOW_S - at) if self.taken else 0.0

    def seconds_until_free(self, at: float, limit: float) -> float:
        return max(0.0, self.taken[0] + WINDOW_S - at) if self.taken else 0.0


@dataclass(slots=True)
class TokenBucket:
    """A bucket of tokens, one a request, that fills again at the rate of a full one in a window."""

    level: float = 0.0
    seen: float = -math.inf

    def used(self, at: float, limit: float, seconds: float) -> int:
        if self.level:
            self.level = max(0.0, self.level - (at - self.seen) * limit / seconds)
        self.seen = at
        return math.ceil(self.level - 1e-6)

    def count(self, at: float, amount: int = 1) -> None:
        self.level += amount

    def seconds_until_reset(self, at: float, limit: float) -> float:
        return self.level * WINDOW_S / limit

    def seconds_until_free(self, at: float, limit: float) -> float:
        return max(0.0, self.level - limit + 1) * WINDOW_S / limit


WINDOW_TYPES: Mapping[str, Callable[[], RateWindow]] = {
    "window": FixedWindow,
    "clock": lambda: FixedWindow(by_the_clock=True),
    "sliding": SlidingWindow,
    "bucket": TokenBucket,
}
