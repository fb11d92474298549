"""The intended starts of requests: drawn from a seed, shared exactly among processes, not made up for when late."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wireproof.load.scenario import stages
from wireproof.load.scenario.request_template import TokenCounts
from wireproof.load.scenario.stages import Stage

# A start this late counts as missed: all users were busy.
MISSED_AFTER_NS = 20_000_000


class DueRequest(NamedTuple):
    """One start of the whole schedule: its number, its time, and its sizes if it comes from a trace."""

    number: int
    at_ns: int
    sizes: TokenCounts | None = None


def arrival_times_ns(kind: str, rate: float, seed: int) -> Iterator[int]:
    """Yields starts at one rate, in nanoseconds after the start of the run, without an end."""
    # A stage needs a finite length; a century is as good as none.
    return stages.start_times_ns([Stage(3.2e9, rate, rate)], kind, seed)


def share_of_starts(starts: Iterable[int | tuple[int, TokenCounts]], index: int, count: int) -> Iterator[DueRequest]:
    """Yields every count-th start from the index-th on: the shares of all processes are the whole schedule."""
    for number, start in enumerate(starts):
        if number % count == index:
            yield DueRequest(number, start) if isinstance(start, int) else DueRequest(number, *start)


class Schedule:
    """The starts of one process; a user that is free takes the next one.

    Attributes:
        missed: starts that came due while all users were busy.
        taken: starts that came due, those that were missed included.
    """

    def __init__(self, starts: Iterator[DueRequest], began_ns: int, ends_ns: float = math.inf) -> None:
        self._starts, self._began_ns, self._ends_ns = starts, began_ns, ends_ns
        self.missed = 0
        self.taken = 0

    def take_next(self, now_ns: int) -> DueRequest | None:
        """The next start that is not missed, by the clock of this process; None if there is none left.

        Counts and skips those that are missed.
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
    """The number of starts that are due before a moment of the run."""
    return sum(1 for _ in itertools.takewhile(lambda start: start.at_ns < seconds * 1e9, starts))
