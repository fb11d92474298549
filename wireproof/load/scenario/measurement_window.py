"""The measurement window of a run: the requests that start between warm-up and cool-down."""

from __future__ import annotations

import math
from dataclasses import dataclass

RUN_PARTS = WARM_UP, WINDOW, COOL_DOWN = "warm-up", "window", "cool-down"


@dataclass(frozen=True, slots=True)
class MeasurementWindow:
    """The bounds of the window in nanoseconds, by the clock of this process."""

    opens_ns: float = -math.inf
    closes_ns: float = math.inf

    def part(self, due_ns: int) -> str:
        """The part of the run in which a start is due."""
        if due_ns < self.opens_ns:
            return WARM_UP
        return WINDOW if due_ns < self.closes_ns else COOL_DOWN
