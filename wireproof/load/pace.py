"""When requests are meant to start: drawn once from a seed, shared out exactly, never caught up."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

# A start this late was missed: whoever should have made it was busy.
GRACE_NS = 20_000_000


def arrivals(kind: str, rate: float, seed: int) -> Iterator[int]:
    """Nanoseconds after the start of the run: one interval apart (`constant`), or with exponential gaps (`poisson`)."""
    if kind == "constant":
        place = 0
        while True:
            yield int(place * 1e9 / rate)
            place += 1
    draw, at = Random(f"arrivals {seed}"), 0.0
    while True:
        yield int(at * 1e9)
        at += draw.expovariate(rate)


def share(starts: Iterator[int], index: int, count: int) -> Iterator[int]:
    """Every count-th start from the index-th on: the shares of all processes are the whole schedule."""
    for place, start in enumerate(starts):
        if place % count == index:
            yield start


class Schedule:
    """The starts of one process; whoever is free takes the next one."""

    def __init__(self, starts: Iterator[int], began_ns: int) -> None:
        self._starts, self._began_ns = starts, began_ns
        self.missed = 0
        self.given = 0

    def take(self, now_ns: int) -> int:
        """The next start that is not over yet; those that are over are counted as missed and left out."""
        for start in self._starts:
            self.given += 1
            due_ns = self._began_ns + start
            if due_ns >= now_ns - GRACE_NS:
                return due_ns
            self.missed += 1
        raise AssertionError("a schedule has no end")
