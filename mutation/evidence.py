"""The evidence that mutants are judged on: what came of the cases under every fault, with the verdicts on it.

It is recorded as `wireproof prove` gathers it. Of all that was judged, each check keeps a bounded share of every
kind of verdict it reached, drawn by a seed.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any

from mutation.choice import Choice
from mutation.members import member_faults
from wireproof.contract import loading, target_options
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.judging.judge import Judge
from wireproof.judging.suite_loader import load_checks
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.faults import faults
from wireproof.mock.faults.derived_from_clauses import DERIVED_PREFIX
from wireproof.proof.column import ColumnProof
from wireproof.proof.kill_matrix import PROOF_DEADLINES, results_by_fault
from wireproof.session import mock_process
from wireproof.session.target_run import open_target_run

# How much of each kind of verdict is kept for one check on one provider.
FAULTLESS, NEAR_MISSES, RED = 8, 30, 4
# A check with more cases than this is met by enough evidence without the faults of single members.
FEW = 6


@dataclass(frozen=True, slots=True)
class Told:
    """What a verdict says, its words aside.

    Attributes:
        places: the JSON Pointers of what was found.
        again: whether another answer may decide what this one does not.
    """

    outcome: str
    level: str
    clauses: tuple[tuple[str, str], ...]
    places: tuple[str | None, ...]
    ignored: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One judgement and what it rests on; without a fault it is one of the faultless server."""

    provider: str
    entry: PlannedVerdict
    evidence: Evidence
    fault: str
    told: Told


@dataclass(frozen=True, slots=True)
class Store:
    """All exhibits, and for each provider what judging needs beside them; the checks are those of the process."""

    benches: dict[str, Judge]
    exhibits: tuple[Exhibit, ...]

    def bench(self, provider: str) -> Judge:
        """The bench of one provider with the checks that are loaded."""
        return replace(self.benches[provider], checks=load_checks())


@dataclass(slots=True)
class Shelf:
    """The exhibits of one provider, a bounded number of each kind."""

    seed: int
    _kinds: dict[tuple[Any, ...], list[tuple[float, int, Exhibit]]] = field(default_factory=dict)
    _count: int = 0

    def keep(self, kind: tuple[Any, ...], most: int, exhibit: Exhibit) -> None:
        """Keep the exhibit, or one of the same kind that was drawn before it."""
        draw = random.Random(f"{self.seed} {exhibit.entry.check} {exhibit.entry.case} {exhibit.fault}").random()
        kept, self._count = self._kinds.setdefault(kind, []), self._count + 1
        (heapq.heappush if len(kept) < most else heapq.heappushpop)(kept, (draw, self._count, exhibit))

    @property
    def exhibits(self) -> Iterator[Exhibit]:
        """Every exhibit that was kept."""
        return (exhibit for kept in self._kinds.values() for _, _, exhibit in sorted(kept, key=lambda one: one[:2]))


def told(bench: Judge, entry: PlannedVerdict, evidence: Evidence) -> Told:
    """What judging comes to."""
    return _told(bench, entry, evidence, bench.judge(entry, evidence))


def _told(bench: Judge, entry: PlannedVerdict, evidence: Evidence, verdict: Verdict) -> Told:
    again = verdict.outcome == "inconclusive" and bench.is_undecided(entry, evidence)
    clauses = tuple((clause.id, clause.outcome) for clause in verdict.clauses)
    places = tuple(finding.pointer for finding in verdict.findings)
    return Told(verdict.outcome, verdict.level, clauses, places, verdict.ignored, again)


def record(chosen: Mapping[str, Choice], seed: int) -> Store:
    """Commit the chosen faults on the bundled mock and keep what is judged; each provider has a process of its own."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_record, chosen, chosen.values(), [seed] * len(chosen)))
    benches = {name: bench for name, (bench, _) in zip(chosen, parts, strict=True)}
    return Store(benches, tuple(exhibit for _, exhibits in parts for exhibit in exhibits))


def _record(name: str, choice: Choice, seed: int) -> tuple[Judge, tuple[Exhibit, ...]]:
    gc.disable()
    known = loading.load_providers()
    (target,) = target_options.mock_targets(name)
    with mock_process.run_mock() as urls:
        target = replace(target_options.with_address(target, urls[name]), deadlines=PROOF_DEADLINES)
        trial, shelf = open_target_run(target, known, load_checks()), Shelf(seed)
        asyncio.run(_fill(shelf, ColumnProof(trial), trial.judge_for(name), choice))
    return replace(trial.judge_for(name), checks={}), tuple(shelf.exhibits)


async def _fill(shelf: Shelf, stand: ColumnProof, bench: Judge, choice: Choice) -> None:
    await stand.find_false_alarms()  # `wireproof prove` is who tells of false alarms
    for entry in stand.passing:
        verdict = stand.judge(entry, stand.dry_results)
        shelf.keep((entry.check, ""), FAULTLESS, _exhibit(bench, entry, stand.dry_results, "", verdict))
    async for fault, touched in results_by_fault(stand, [faults()[name] for name in choice.faults]):
        for due, evidence, verdict in stand.judge_changed(touched):
            _keep(shelf, bench, due.planned, evidence, fault.id, verdict)
        forget(touch.sent for touch in touched.values())
    await _fill_with_members(shelf, stand, bench, choice.checks)
    forget(stand.dry_results.values())


async def _fill_with_members(shelf: Shelf, stand: ColumnProof, bench: Judge, checks: frozenset[str]) -> None:
    cases = Counter(entry.check for entry in stand.passing if entry.check in checks)
    few = [entry for entry in stand.passing if 0 < cases[entry.check] <= FEW]
    for case in {name: None for entry in few for _, name in entry.cases}:
        entries = [entry for entry in few if case in dict(entry.cases).values()]
        for fault in member_faults(stand.dry_results[case]):
            if sent := await stand.result_under(fault, case):
                evidence = {**stand.dry_results, case: sent}
                for entry in entries:
                    _keep(shelf, bench, entry, evidence, fault.id, stand.judge(entry, evidence))
                forget([sent])


def _keep(shelf: Shelf, bench: Judge, entry: PlannedVerdict, evidence: Evidence, fault: str, verdict: Verdict) -> None:
    family = fault.partition("/")[0] if fault.startswith(DERIVED_PREFIX) else ""
    if verdict.outcome == "pass":
        kind, most = (entry.check, family, "pass"), NEAR_MISSES
    else:
        kind, most = (entry.check, family, *_kind(verdict)), RED
    shelf.keep(kind, most, _exhibit(bench, entry, evidence, fault, verdict))


def forget(evidence: Iterable[CaseResult]) -> None:
    """Let what was read out of bodies be read again; it takes many times their memory."""
    for sent in evidence:
        for exchange in sent if isinstance(sent, tuple) else ():
            exchange._memo.clear()


def _exhibit(bench: Judge, entry: PlannedVerdict, evidence: Evidence, fault: str, verdict: Verdict) -> Exhibit:
    mine = {name: evidence[name] for _, name in entry.cases}
    return Exhibit(bench.provider.name, entry, mine, fault, _told(bench, entry, mine, verdict))


def _kind(verdict: Verdict) -> tuple[Any, ...]:
    """What tells one way of not passing from another: what was expected where, figures aside."""
    if verdict.findings:
        first = verdict.findings[0]
        return verdict.outcome, _plain(first.expected), _plain(first.where)
    return verdict.outcome, _plain(verdict.message)


def _plain(words: str) -> str:
    return re.sub(r"[\d.]+", "#", words)[:40]
