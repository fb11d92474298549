"""The stages of a load: successive stretches of a rate or of users, constant or changing evenly."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

DURATION_PART = re.compile(r"(\d+)([hms])")
DURATION_UNIT_S = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of time in which starts per second, or users, go from one value to another.

    Attributes:
        first, last: the value at the start and at the end.
        burst: starts that are due together at the beginning of the stage.
    """

    seconds: float
    first: float
    last: float
    burst: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Stage:
        """Reads a row, in which `rate` or `users` is one number, or two to go from one to the other."""
        value = row.get("rate", row.get("users", 0))
        first, last = value if isinstance(value, list) else (value, value)
        return cls(parse_seconds(row.get("for", 0)), first, last, row.get("burst", 0))

    def value_at(self, second: float) -> float:
        """The value at a moment of this stage."""
        return self.first + (self.last - self.first) * (second / self.seconds if self.seconds else 0)

    @property
    def rate_starts(self) -> float:
        """The number of starts by the rate, without the burst."""
        return 0.0 if not (self.first or self.last) else (self.first + self.last) / 2 * self.seconds

    def second_of_start(self, starts: float) -> float:
        """The second at which the rate has led to a number of starts."""
        if not starts:
            return 0.0
        slope = (self.last - self.first) / self.seconds if self.first != self.last else 0.0
        if not slope:
            return starts / self.first
        # The sum of an evenly rising rate is a parabola; this form of its root is stable for slopes near zero.
        return 2 * starts / (self.first + math.sqrt(max(0.0, self.first**2 + 2 * slope * starts)))


def parse_seconds(value: float | str) -> float:
    """Parses seconds, a number or a time as locust writes it: `90s`, `10m`, `1h30m`."""
    if isinstance(value, int | float):
        return float(value)
    return float(sum(int(number) * DURATION_UNIT_S[unit] for number, unit in DURATION_PART.findall(value)))


def total_seconds(stages: Sequence[Stage]) -> float:
    """The length of all stages in seconds."""
    return sum(stage.seconds for stage in stages)


def stage_value_at(stages: Sequence[Stage], second: float) -> float | None:
    """The value at a moment of the run; None after the last stage."""
    for stage in stages:
        if second < stage.seconds:
            return stage.value_at(second)
        second -= stage.seconds
    return None


def start_times_ns(stages: Sequence[Stage], kind: str, seed: int) -> Iterator[int]:
    """Yields the starts of an open loop, in nanoseconds from the beginning of the run.

    The starts of a rate of one per second, evenly spread (`constant`) or of a Poisson process, are put where the sum
    of the rate reaches them. So each stage has as many as its rate gives, for any slope (on average, if
    it is a Poisson process).
    """
    steps, began, passed = _unit_rate_starts(kind, seed), 0.0, 0.0
    step = next(steps)
    for stage in stages:
        yield from [round(began * 1e9)] * stage.burst
        whole = stage.rate_starts
        while step < passed + whole:
            yield round((began + stage.second_of_start(step - passed)) * 1e9)
            step = next(steps)
        began, passed = began + stage.seconds, passed + whole


def _unit_rate_starts(kind: str, seed: int) -> Iterator[float]:
    """Yields the starts of a rate of one per second: 0, 1, 2 …, or after exponential pauses."""
    if kind == "constant":
        number = 0
        while True:
            yield float(number)
            number += 1
    draw, at = Random(f"arrivals {seed}"), 0.0
    while True:
        at += draw.expovariate(1.0)
        yield at
