"""The knee: the load at which throughput stops growing with it.

Below saturation throughput is proportional to load (Little's law: users over the time of an answer, or simply the
rate of an open loop); above it, it is what the endpoint can do. The knee is where these two lines meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

# An interval that is this share of the knee, or less, is resolved.
MAX_RESOLVED_WIDTH = 0.25
# Steps on either side, without which there is no telling.
MIN_STEPS_PER_SIDE = 2


@dataclass(frozen=True, slots=True)
class Knee:
    """Where the two lines meet.

    Attributes:
        load: starts a second, or users.
        throughput: requests a second that are ok, above it.
        low, high: the least and the most of it, with each step left out in turn.
    """

    load: float
    throughput: float
    low: float
    high: float

    @property
    def resolved(self) -> bool:
        """Whether one step more or less hardly moves it."""
        return self.high - self.low <= MAX_RESOLVED_WIDTH * self.load

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "load": self.load,
            "throughput": self.throughput,
            "low": self.low,
            "high": self.high,
            "resolved": self.resolved,
        }


def find_knee(points: Sequence[tuple[float, float]]) -> Knee | None:
    """The knee of (load, throughput); None where too few of them lie on either side of one."""
    points = sorted(points)
    found = _find_meeting_point(points)
    if found is None:
        return None
    load, throughput = found
    without = [_find_meeting_point(points[:index] + points[index + 1 :]) for index in range(len(points))]
    loads = [one[0] for one in without if one is not None] or [load]
    return Knee(load, throughput, min(*loads, load), max(*loads, load))


def _find_meeting_point(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Where a line through the origin meets a level one, cut where the two miss the points by the least."""
    best: tuple[float, float, float] | None = None
    for cut in range(MIN_STEPS_PER_SIDE, len(points) - MIN_STEPS_PER_SIDE + 1):
        slope = median(y / x for x, y in points[:cut])
        level = median(y for _, y in points[cut:])
        if slope <= 0 or level <= 0:
            continue
        off = sum((min(slope * x, level) - y) ** 2 / max(y, level / 100) ** 2 for x, y in points)
        if best is None or off < best[0]:
            best = off, level / slope, level
    if best is None or not any(x < best[1] for x, _ in points[1:]) or points[-2][0] < best[1]:
        return None
    return best[1], best[2]
