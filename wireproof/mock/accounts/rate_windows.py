"""Three ways in which a limit frees requests: fixed window, sliding window and token bucket."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

WINDOW_S = 60.0


class RateWindow(Protocol):
    """Counts what a limiter has admitted; `limit` is the amount that it admits in `seconds`."""

    def used(self, at: float, limit: float, seconds: float) -> int:
        """Returns the used part of the limit, and drops what has expired."""

    def count(self, at: float, amount: int = 1) -> None:
        """Counts an amount that is admitted now, or that an admitted request used."""

    def seconds_until_reset(self, at: float, limit: float) -> float:
        """Seconds until nothing is used, as headers show them: of a window of a minute."""

    def seconds_until_free(self, at: float, limit: float) -> float:
        """Seconds until another request is admitted, as headers show them, if the limit is used up."""


@dataclass(slots=True)
class FixedWindow:
    """A window that begins with its first request, or on the minute of the clock, and frees everything at its end."""

    by_the_clock: bool = False
    began_at: float = -math.inf
    admitted: int = 0

    def used(self, at: float, limit: float, seconds: float) -> int:
        if at - self.began_at >= seconds:
            self.began_at = at - at % seconds if self.by_the_clock else at
            self.admitted = 0
        return self.admitted

    def count(self, at: float, amount: int = 1) -> None:
        self.admitted += amount

    def seconds_until_reset(self, at: float, limit: float) -> float:
        return max(0.0, min(WINDOW_S, self.began_at + WINDOW_S - at))

    def seconds_until_free(self, at: float, limit: float) -> float:
        return self.seconds_until_reset(at, limit)


@dataclass(slots=True)
class SlidingWindow:
    """Frees each request one window after its arrival."""

    arrivals: deque[float] = field(default_factory=deque)

    def used(self, at: float, limit: float, seconds: float) -> int:
        while self.arrivals and self.arrivals[0] + seconds <= at:
            self.arrivals.popleft()
        return len(self.arrivals)

    def count(self, at: float, amount: int = 1) -> None:
        self.arrivals.extend([at] * amount)

    def seconds_until_reset(self, at: float, limit: float) -> float:
        return max(0.0, self.arrivals[-1] + WINDOW_S - at) if self.arrivals else 0.0

    def seconds_until_free(self, at: float, limit: float) -> float:
        return max(0.0, self.arrivals[0] + WINDOW_S - at) if self.arrivals else 0.0


@dataclass(slots=True)
class TokenBucket:
    """A token bucket: one token a request, refilled at the rate of a full bucket in a window.

    Attributes:
        level: the tokens that are used.
        updated_at: the Unix time of the last refill, in seconds.
    """

    level: float = 0.0
    updated_at: float = -math.inf

    def used(self, at: float, limit: float, seconds: float) -> int:
        if self.level:
            self.level = max(0.0, self.level - (at - self.updated_at) * limit / seconds)
        self.updated_at = at
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
