"""The trend of each check over the stored runs: since when it fails, how often it changed, and its latency."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median
from typing import Any

from wireproof.judging.outcomes import DECIDED_OUTCOMES
from wireproof.stats import median_interval

DECIDED_OUTCOMES_SQL = ", ".join(f"'{name}'" for name in sorted(DECIDED_OUTCOMES))
# Oldest first. The state of a check in a run is its worst verdict over all cases; skips are left out.
OUTCOMES_QUERY = f"""
SELECT v.target, v.contract, v.check_id, r.id, r.started,
  MAX(CASE WHEN v.outcome = 'fail' AND v.level = 'must' THEN 2 WHEN v.outcome = 'fail' THEN 1 ELSE 0 END)
FROM verdicts v JOIN runs r ON r.id = v.run WHERE v.outcome IN ({DECIDED_OUTCOMES_SQL})
GROUP BY v.target, v.contract, v.check_id, r.id ORDER BY v.target, v.contract, v.check_id, r.started, r.id
"""
TIMES_QUERY = """
SELECT j.target, j.contract, j.check_id, r.id, e.case_name, e.whole_ms
FROM judged j JOIN runs r ON r.id = j.run
JOIN exchanges e ON e.run = j.run AND e.target = j.target AND e.case_name = j.case_name
WHERE e.whole_ms IS NOT NULL AND e.status IS NOT NULL
ORDER BY j.target, j.contract, j.check_id, r.started, r.id
"""
CHECK_STATES = ("holds", "advice", "fails")
# A higher confidence than for one comparison, since every check is tested. Smaller ratios are noise of the machine.
TREND_CONFIDENCE, LEAST_TIME_RATIO = 0.99, 1.2


@dataclass(frozen=True, slots=True)
class CheckTrend:
    """One check over the stored runs.

    Attributes:
        runs: number of runs that judged it.
        state: its state in the last run: holds, advice or fails.
        first_failed: the first run in which it failed at must; empty if there is none.
        failing_since: the run since which it fails without a break; empty if it holds.
        turns: number of changes between holding and failing.
        flapping: True from the second change on.
        median_ms: median time of its exchanges in the last run; None without exchanges.
        median_before_ms: median time of the same cases in all earlier runs; None without them.
        drift: `slower` or `faster` if the interval of the median ratio, case by case, excludes 1; else empty.
    """

    target: str
    contract: str
    check: str
    runs: int
    state: str
    first_failed: str = ""
    failing_since: str = ""
    turns: int = 0
    flapping: bool = False
    median_ms: float | None = None
    median_before_ms: float | None = None
    drift: str = ""

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


TREND_COLUMNS = tuple(field.name for field in fields(CheckTrend))


def find_check_trends(database: sqlite3.Connection) -> tuple[CheckTrend, ...]:
    """The trend of every check that any stored run judged."""
    times = {key: _median_times(rows) for key, rows in _group_by_check(database.execute(TIMES_QUERY))}
    return tuple(
        _check_trend(key, rows, times.get(key, {})) for key, rows in _group_by_check(database.execute(OUTCOMES_QUERY))
    )


def _group_by_check(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[tuple[str, str, str], list[Sequence[Any]]]]:
    for key, group in groupby(rows, itemgetter(0, 1, 2)):
        yield key, list(group)


def _check_trend(key: tuple[str, str, str], rows: Sequence[Sequence[Any]], times: dict[str, Any]) -> CheckTrend:
    failed = [row[5] == 2 for row in rows]
    turns = sum(left != right for left, right in pairwise(failed))
    since = len(failed) - failed[::-1].index(False) if False in failed else 0
    return CheckTrend(
        *key,
        runs=len(rows),
        state=CHECK_STATES[rows[-1][5]],
        first_failed=rows[failed.index(True)][3] if True in failed else "",
        failing_since=rows[since][3] if failed[-1] else "",
        turns=turns,
        flapping=turns > 1,
        **times,
    )


def _median_times(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The medians of the last run and of all earlier runs, over the cases that both sent."""
    last = rows[-1][3]
    by_case: dict[str, tuple[list[float], list[float]]] = {}
    for *_, run, case, took in rows:
        by_case.setdefault(case, ([], []))[run == last].append(took)
    in_last_run = [took for _, after in by_case.values() for took in after]
    pairs = [(before, after) for before, after in by_case.values() if before and after]
    if not pairs:
        return {"median_ms": round(median(in_last_run), 3)}
    ratios = [median(after) / median(before) for before, after in pairs if median(before) > 0]
    return {
        "median_ms": round(median(took for _, after in pairs for took in after), 3),
        "median_before_ms": round(median(took for before, _ in pairs for took in before), 3),
        "drift": _drift_direction(ratios),
    }


def _drift_direction(ratios: Sequence[float]) -> str:
    low, high = median_interval(sorted(ratios), TREND_CONFIDENCE)
    if low is None or high is None:
        return ""
    ratio = median(ratios)
    return (
        "slower"
        if low > 1 and ratio > LEAST_TIME_RATIO
        else "faster"
        if high < 1 and ratio < 1 / LEAST_TIME_RATIO
        else ""
    )
