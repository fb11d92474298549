"""The workers of a run as their master sees them: what each has told, and which of them was lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wireproof.load.results.counters import STARTS_DUE, counters_from_rows
from wireproof.load.scenario.measurement_window import RUN_PARTS


@dataclass(slots=True)
class WorkerState:
    """One worker.

    Attributes:
        reported_s: when its last report came, from the start of the run.
        requests, due: what its reports told: requests that ended, and starts that it took.
        over: it has nothing more to ask; final: it has told everything.
        refused: why it took no part.
    """

    reported_s: float = 0.0
    requests: int = 0
    due: int = 0
    over: bool = False
    final: bool = False
    refused: str = ""

    def add_report(self, told: Mapping[str, Any], at_s: float) -> None:
        self.reported_s = at_s
        counts = counters_from_rows(told["counts"])
        self.requests += sum(number for key, number in counts.items() if key.kind in RUN_PARTS)
        self.due += counts[STARTS_DUE]
        self.over, self.final, self.refused = told["over"], told["final"], told["refused"]


@dataclass(slots=True)
class Workers:
    """All workers that had a share of the run, in the order of their shares."""

    by_name: dict[str, WorkerState] = field(default_factory=dict)
    late: int = 0

    @classmethod
    def from_names(cls, names: Sequence[str]) -> Workers:
        return cls({name: WorkerState() for name in names})

    def add_report(self, name: str, told: Mapping[str, Any], at_s: float) -> None:
        """Note what a worker told; one that came late has no share to tell of."""
        if name in self.by_name:
            self.by_name[name].add_report(told, at_s)

    def is_over(self, alive: Sequence[str]) -> bool:
        """Nobody who is still there has anything left to ask."""
        return all(one.over or one.final for name, one in self.by_name.items() if name in alive)

    def have_all_reported(self, alive: Sequence[str]) -> bool:
        """Everybody who is still there has told everything."""
        return all(one.final for name, one in self.by_name.items() if name in alive)

    def lost_workers(self, due: Sequence[int | None]) -> list[dict[str, Any]]:
        """The workers that did not come to tell everything, and the starts of their shares that nobody knows of."""
        return [
            {
                "worker": place,
                "reported_s": round(one.reported_s, 3),
                "requests": one.requests,
                "starts_lost": None if share is None else max(0, share - one.due),
            }
            for place, (one, share) in enumerate(zip(self.by_name.values(), due, strict=True))
            if not one.final
        ]

    def doubts(self, lost: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """What makes the figures those of another load than was meant."""
        count = len(self.by_name)
        for one in lost:
            starts = "" if one["starts_lost"] is None else f", and {one['starts_lost']} starts of its share are unknown"
            told = f"its last report came at {one['reported_s']:.1f} s with {one['requests']} requests in all"
            yield f"worker {one['worker'] + 1} of {count} was lost: {told}{starts}"
        for place, worker in enumerate(self.by_name.values()):
            if worker.refused:
                yield f"worker {place + 1} of {count} took no part: {worker.refused}"
        if self.late:
            yield f"workers came after the start ({self.late}): they were given users, but no share of the load"
