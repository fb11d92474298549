"""The knee: the load at which throughput stops growing.

Below saturation throughput is proportional to load (Little's law: users divided by the time of an answer; for an open
loop its rate). Above saturation throughput is constant. The knee is the intersection of these two lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

# The knee is resolved if its interval is at most this share of it.
MAX_RESOLVED_WIDTH = 0.25
# Steps needed below and above the knee.
MIN_STEPS_PER_SIDE = 2


@dataclass(frozen=True, slots=True)
class Knee:
    """The intersection of the two lines.

    Attributes:
        load: starts per second, or users.
        throughput: ok requests per second above the knee.
        low, high: the least and the greatest load found when one step at a time is left out.
    """

    load: float
    throughput: float
    low: float
    high: float

    @property
    def resolved(self) -> bool:
        """True if the result depends little on any single step."""
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
    """Returns the knee of points (load, throughput); None if too few points lie below or above it."""
    points = sorted(points)
    intersection = _find_intersection(points)
    if intersection is None:
        return None
    load, throughput = intersection
    leave_one_out = [_find_intersection(points[:index] + points[index + 1 :]) for index in range(len(points))]
    loads = [found[0] for found in leave_one_out if found is not None] or [load]
    return Knee(load, throughput, min(*loads, load), max(*loads, load))


def _find_intersection(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Intersection of a line through the origin and a horizontal line that together have the least squared error."""
    best: tuple[float, float, float] | None = None
    for cut in range(MIN_STEPS_PER_SIDE, len(points) - MIN_STEPS_PER_SIDE + 1):
        slope = median(y / x for x, y in points[:cut])
        level = median(y for _, y in points[cut:])
        if slope <= 0 or level <= 0:
            continue
        error = sum((min(slope * x, level) - y) ** 2 / max(y, level / 100) ** 2 for x, y in points)
        if best is None or error < best[0]:
            best = error, level / slope, level
    if best is None or not any(x < best[1] for x, _ in points[1:]) or points[-2][0] < best[1]:
        return None
    return best[1], best[2]
