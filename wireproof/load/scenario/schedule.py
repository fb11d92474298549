"""When requests are meant to start: drawn once from a seed, shared out exactly, never caught up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wireproof.load.scenario import stages
from wireproof.load.scenario.request_template import TokenCounts
from wireproof.load.scenario.stages import Stage

# A start this late was missed: whoever should have made it was busy.
MISSED_AFTER_NS = 20_000_000


class DueRequest(NamedTuple):
    """One start of the whole schedule: its number, when it is due, and its sizes where a trace has them."""

    number: int
    at_ns: int
    sizes: TokenCounts | None = None


def arrival_times_ns(kind: str, rate: float, seed: int) -> Iterator[int]:
    """Nanoseconds after the start of the run, at one rate forever."""
    # Without an end no stage could say how many there are; a century is none.
    return stages.start_times_ns([Stage(3.2e9, rate, rate)], kind, seed)


def share_of_starts(starts: Iterable[int | tuple[int, TokenCounts]], index: int, count: int) -> Iterator[DueRequest]:
    """Every count-th start from the index-th on: the shares of all processes are the whole schedule."""
    for number, start in enumerate(starts):
        if number % count == index:
            yield DueRequest(number, start) if isinstance(start, int) else DueRequest(number, *start)


class Schedule:
    """The starts of one process; whoever is free takes the next one."""

    def __init__(self, starts: Iterator[DueRequest], began_ns: int, ends_ns: float = math.inf) -> None:
        self._starts, self._began_ns, self._ends_ns = starts, began_ns, ends_ns
        self.missed = 0
        self.taken = 0

    def take_next(self, now_ns: int) -> DueRequest | None:
        """The next start that is not over yet, due by the clock of this process; None where there is none left.

        Those that are over are counted as missed and left out.
        """
        for number, at_ns, sizes in self._starts:
            due_ns = self._began_ns + at_ns
            if due_ns >= self._ends_ns:
                self._starts = iter(())
                return None
            self.taken += 1
            if due_ns >= now_ns - MISSED_AFTER_NS:
                return DueRequest(number, due_ns, sizes)
            self.missed += 1
        return None


def count_due(starts: Iterator[DueRequest], seconds: float) -> int:
    """How many starts are due before a moment of the run."""
    return sum(1 for _ in itertools.takewhile(lambda start: start.at_ns < seconds * 1e9, starts))
