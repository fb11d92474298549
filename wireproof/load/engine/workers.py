"""The workers of a run in its master: the reports of each, and which of them were lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wireproof.load.results.counters import STARTS_DUE, counters_from_rows
from wireproof.load.scenario.measurement_window import RUN_PARTS


@dataclass(slots=True)
class WorkerState:
    """The state of one worker.

    Attributes:
        reported_s: the time of its last report, in seconds from the start of the run.
        requests, starts: the requests that ended, and the starts that it took.
        over: no request is left or under way; final: it sent its last report.
        refused: reason why it took no part; empty if it took part.
    """

    reported_s: float = 0.0
    requests: int = 0
    starts: int = 0
    over: bool = False
    final: bool = False
    refused: str = ""

    def add_report(self, report: Mapping[str, Any], at_s: float) -> None:
        self.reported_s = at_s
        counts = counters_from_rows(report["counts"])
        self.requests += sum(number for key, number in counts.items() if key.kind in RUN_PARTS)
        self.starts += counts[STARTS_DUE]
        self.over, self.final, self.refused = report["over"], report["final"], report["refused"]


@dataclass(slots=True)
class Workers:
    """All workers that had a share of the run, in the order of their shares."""

    by_name: dict[str, WorkerState] = field(default_factory=dict)
    late: int = 0

    @classmethod
    def from_names(cls, names: Sequence[str]) -> Workers:
        return cls({name: WorkerState() for name in names})

    def add_report(self, name: str, report: Mapping[str, Any], at_s: float) -> None:
        """Adds a report; ignores a worker without a share, which came late."""
        if name in self.by_name:
            self.by_name[name].add_report(report, at_s)

    def is_over(self, alive: Sequence[str]) -> bool:
        """True if no worker that is alive has a request left or under way."""
        return all(worker.over or worker.final for name, worker in self.by_name.items() if name in alive)

    def have_all_reported(self, alive: Sequence[str]) -> bool:
        """True if every worker that is alive sent its last report."""
        return all(worker.final for name, worker in self.by_name.items() if name in alive)

    def lost_workers(self, starts: Sequence[int | None]) -> list[dict[str, Any]]:
        """The workers that sent no last report, and the number of starts of their shares that are unknown."""
        return [
            {
                "worker": index,
                "reported_s": round(worker.reported_s, 3),
                "requests": worker.requests,
                "starts_lost": None if share is None else max(0, share - worker.starts),
            }
            for index, (worker, share) in enumerate(zip(self.by_name.values(), starts, strict=True))
            if not worker.final
        ]

    def doubts(self, lost: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Reasons why the measured load is not the one that was configured."""
        count = len(self.by_name)
        for row in lost:
            starts = "" if row["starts_lost"] is None else f", and {row['starts_lost']} starts of its share are unknown"
            report = f"its last report came at {row['reported_s']:.1f} s with {row['requests']} requests in all"
            yield f"worker {row['worker'] + 1} of {count} was lost: {report}{starts}"
        for index, worker in enumerate(self.by_name.values()):
            if worker.refused:
                yield f"worker {index + 1} of {count} took no part: {worker.refused}"
        if self.late:
            yield f"workers came after the start ({self.late}): they got users, but no share of the load"
