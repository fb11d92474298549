"""When requests are meant to start: drawn once from a seed, shared out exactly, never caught up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wireproof.load.scenario import stages
from wireproof.load.scenario.request_template import Sizes
from wireproof.load.scenario.stages import Stage

# A start this late was missed: whoever should have made it was busy.
GRACE_NS = 20_000_000


class Start(NamedTuple):
    """One start of the whole schedule: its number, when it is due, and its sizes where a trace has them."""

    number: int
    at_ns: int
    sizes: Sizes | None = None


def arrivals(kind: str, rate: float, seed: int) -> Iterator[int]:
    """Nanoseconds after the start of the run, at one rate forever."""
    # Without an end no stage could say how many there are; a century is none.
    return stages.moments([Stage(3.2e9, rate, rate)], kind, seed)


def share(starts: Iterable[int | tuple[int, Sizes]], index: int, count: int) -> Iterator[Start]:
    """Every count-th start from the index-th on: the shares of all processes are the whole schedule."""
    for number, start in enumerate(starts):
        if number % count == index:
            yield Start(number, start) if isinstance(start, int) else Start(number, *start)


class Schedule:
    """The starts of one process; whoever is free takes the next one."""

    def __init__(self, starts: Iterator[Start], began_ns: int, ends_ns: float = math.inf) -> None:
        self._starts, self._began_ns, self._ends_ns = starts, began_ns, ends_ns
        self.missed = 0
        self.given = 0

    def take(self, now_ns: int) -> Start | None:
        """The next start that is not over yet, due by the clock of this process; None where there is none left.

        Those that are over are counted as missed and left out.
        """
        for number, at_ns, sizes in self._starts:
            due_ns = self._began_ns + at_ns
            if due_ns >= self._ends_ns:
                self._starts = iter(())
                return None
            self.given += 1
            if due_ns >= now_ns - GRACE_NS:
                return Start(number, due_ns, sizes)
            self.missed += 1
        return None


def due_in(starts: Iterator[Start], seconds: float) -> int:
    """How many starts are due before a moment of the run."""
    return sum(1 for _ in itertools.takewhile(lambda start: start.at_ns < seconds * 1e9, starts))
