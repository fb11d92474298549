"""What became of each check over the kept runs: since when it fails, how often it turned, and whether it slowed."""

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

WORDS = ", ".join(f"'{name}'" for name in sorted(DECIDED_OUTCOMES))
# Oldest first; the worst verdict over the cases of a check stands for it, and a skip says nothing.
OUTCOMES_QUERY = f"""
SELECT v.target, v.contract, v.check_id, r.id, r.started,
  MAX(CASE WHEN v.outcome = 'fail' AND v.level = 'must' THEN 2 WHEN v.outcome = 'fail' THEN 1 ELSE 0 END)
FROM verdicts v JOIN runs r ON r.id = v.run WHERE v.outcome IN ({WORDS})
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
# Surer than one comparison needs to be: every check is asked. Smaller shifts are noise of a machine all the same.
TREND_CONFIDENCE, LEAST_TIME_RATIO = 0.99, 1.2


@dataclass(frozen=True, slots=True)
class CheckTrend:
    """One check over the kept runs.

    Attributes:
        first_failed: the run in which it failed at must for the first time.
        failing_since: the run with which it began to fail and never stopped; empty while it holds.
        turns: how often it changed between holding and failing; flapping from the second turn on.
        median_ms: the median time of its exchanges in the last run, and before in the runs before.
        drift: `slower` or `faster` where the interval of the middle ratio, case by case, leaves no change out.
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
    """The course of every check that was judged in any kept run."""
    times = {key: _median_times(rows) for key, rows in _group_by_check(database.execute(TIMES_QUERY))}
    return tuple(
        _check_trend(key, rows, times.get(key, {})) for key, rows in _group_by_check(database.execute(OUTCOMES_QUERY))
    )


def _group_by_check(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[tuple[str, str, str], list[Sequence[Any]]]]:
    for key, group in groupby(rows, itemgetter(0, 1, 2)):
        yield key, list(group)


def _check_trend(key: tuple[str, str, str], rows: Sequence[Sequence[Any]], times: dict[str, Any]) -> CheckTrend:
    failed = [row[5] == 2 for row in rows]
    turns = sum(one != next for one, next in pairwise(failed))
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
    """The last run's median against that of all runs before, over the cases that were asked then and now."""
    last = rows[-1][3]
    held: dict[str, tuple[list[float], list[float]]] = {}
    for *_, run, case, took in rows:
        held.setdefault(case, ([], []))[run == last].append(took)
    now = [took for _, times in held.values() for took in times]
    both = [(was, times) for was, times in held.values() if was and times]
    if not both:
        return {"median_ms": round(median(now), 3)}
    told = {
        "median_ms": round(median(took for _, times in both for took in times), 3),
        "median_before_ms": round(median(took for was, _ in both for took in was), 3),
    }
    return {**told, "drift": _drift_direction([median(times) / median(was) for was, times in both if median(was) > 0])}


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
