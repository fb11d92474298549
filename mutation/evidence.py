"""The evidence for mutants: the results of the cases under every chosen fault, with their verdicts.

It is recorded in the way of `wireproof prove`. Each check keeps a bounded number of verdicts of every kind, drawn by a
seed.
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

from mutation.fault_choice import Choice
from mutation.member_faults import member_faults
from wireproof.contract import loading, target_options
from wireproof.contract.clause import WIRE
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
from wireproof.session.target_run import TargetRun, open_target_run

# The number of kept verdicts of each kind, for one check on one provider.
MAX_FAULT_FREE, MAX_PASSES_UNDER_FAULTS, MAX_FAILURES = 8, 30, 4
# A check with more cases has enough evidence without the faults of single members.
MAX_CASES_WITH_MEMBER_FAULTS = 6


@dataclass(frozen=True, slots=True)
class VerdictFacts:
    """The facts of a verdict, without its words.

    Attributes:
        clauses: the outcome of each clause.
        places: the JSON Pointers of the findings.
        ignored: excuses that were not applied.
        is_undecided: True if another answer may decide what this one does not.
    """

    outcome: str
    level: str
    clauses: tuple[tuple[str, str], ...]
    places: tuple[str | None, ...]
    ignored: tuple[str, ...]
    is_undecided: bool


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """One judgement and its evidence.

    Attributes:
        fault: the injected fault; empty for the fault-free server.
    """

    provider: str
    entry: PlannedVerdict
    evidence: Evidence
    fault: str
    facts: VerdictFacts


@dataclass(frozen=True, slots=True)
class EvidenceStore:
    """All records, and the judges without their checks, which are those of the process.

    Attributes:
        judges: (provider, column) → the judge of that column of the provider's target.
    """

    judges: dict[tuple[str, str], Judge]
    records: tuple[RecordedVerdict, ...]

    def judge_for(self, provider: str, column: str) -> Judge:
        """The judge of one column with the loaded checks."""
        return replace(self.judges[provider, column], checks=load_checks())


@dataclass(slots=True)
class VerdictSampler:
    """The records of one provider, a bounded number of each kind."""

    seed: int
    _kinds: dict[tuple[Any, ...], list[tuple[float, int, RecordedVerdict]]] = field(default_factory=dict)
    _count: int = 0

    def add(self, kind: tuple[Any, ...], most: int, record: RecordedVerdict) -> None:
        """Adds the record, or keeps those of the same kind that were drawn before it."""
        draw = random.Random(f"{self.seed} {record.entry.check} {record.entry.case} {record.fault}").random()
        drawn, self._count = self._kinds.setdefault(kind, []), self._count + 1
        (heapq.heappush if len(drawn) < most else heapq.heappushpop)(drawn, (draw, self._count, record))

    @property
    def records(self) -> Iterator[RecordedVerdict]:
        """Every record that was kept."""
        return (record for drawn in self._kinds.values() for _, _, record in sorted(drawn, key=lambda one: one[:2]))


def judged_facts(judge: Judge, entry: PlannedVerdict, evidence: Evidence) -> VerdictFacts:
    """Judges the evidence and returns the facts of the verdict."""
    return _facts_of(judge, entry, evidence, judge.judge(entry, evidence))


def _facts_of(judge: Judge, entry: PlannedVerdict, evidence: Evidence, verdict: Verdict) -> VerdictFacts:
    is_undecided = verdict.outcome == "inconclusive" and judge.is_undecided(entry, evidence)
    clauses = tuple((clause.id, clause.outcome) for clause in verdict.clauses)
    places = tuple(finding.pointer for finding in verdict.findings)
    return VerdictFacts(verdict.outcome, verdict.level, clauses, places, verdict.ignored, is_undecided)


def record_evidence(chosen: Mapping[str, Choice], seed: int) -> EvidenceStore:
    """Injects the chosen faults into the bundled mock and records the verdicts, one process for each provider."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_record_provider, chosen, chosen.values(), [seed] * len(chosen)))
    judges = {
        (name, column): judge for name, (own, _) in zip(chosen, parts, strict=True) for column, judge in own.items()
    }
    return EvidenceStore(judges, tuple(record for _, records in parts for record in records))


def _record_provider(name: str, choice: Choice, seed: int) -> tuple[dict[str, Judge], tuple[RecordedVerdict, ...]]:
    """The judges of the provider's columns by name, and the records."""
    gc.disable()
    providers = loading.load_providers()
    (target,) = target_options.mock_targets(name)
    with mock_process.run_mock() as urls:
        target = replace(target_options.with_address(target, urls[name]), deadlines=PROOF_DEADLINES)
        target_run, sampler = open_target_run(target, providers, load_checks()), VerdictSampler(seed)
        asyncio.run(_add_verdicts(sampler, ColumnProof(target_run), target_run, choice))
    judges = {column: replace(target_run.judge_for(column), checks={}) for column in (name, WIRE)}
    return judges, tuple(sampler.records)


async def _add_verdicts(sampler: VerdictSampler, column: ColumnProof, target_run: TargetRun, choice: Choice) -> None:
    await column.find_false_alarms()  # `wireproof prove` reports them
    for entry in column.passing:
        verdict = column.judge(entry, column.dry_results)
        sampler.add((entry.check, ""), MAX_FAULT_FREE, _recorded(target_run, entry, column.dry_results, "", verdict))
    async for fault, changed_cases in results_by_fault(column, [faults()[name] for name in choice.faults]):
        for repeated, evidence, verdict in column.judge_changed(changed_cases):
            _add(sampler, target_run, repeated.planned, evidence, fault.id, verdict)
        clear_memos(changed.sent for changed in changed_cases.values())
    await _add_member_verdicts(sampler, column, target_run, choice.checks)
    clear_memos(column.dry_results.values())


async def _add_member_verdicts(
    sampler: VerdictSampler, column: ColumnProof, target_run: TargetRun, checks: frozenset[str]
) -> None:
    cases = Counter(entry.check for entry in column.passing if entry.check in checks)
    few_entries = [entry for entry in column.passing if 0 < cases[entry.check] <= MAX_CASES_WITH_MEMBER_FAULTS]
    for case in {name: None for entry in few_entries for _, name in entry.cases}:
        entries = [entry for entry in few_entries if case in dict(entry.cases).values()]
        for fault in member_faults(column.dry_results[case]):
            if result := await column.result_under(fault, case):
                evidence = {**column.dry_results, case: result}
                for entry in entries:
                    _add(sampler, target_run, entry, evidence, fault.id, column.judge(entry, evidence))
                clear_memos([result])


def _add(
    sampler: VerdictSampler,
    target_run: TargetRun,
    entry: PlannedVerdict,
    evidence: Evidence,
    fault: str,
    verdict: Verdict,
) -> None:
    family = fault.partition("/")[0] if fault.startswith(DERIVED_PREFIX) else ""
    if verdict.outcome == "pass":
        kind, most = (entry.check, family, "pass"), MAX_PASSES_UNDER_FAULTS
    else:
        kind, most = (entry.check, family, *_failure_kind(verdict)), MAX_FAILURES
    sampler.add(kind, most, _recorded(target_run, entry, evidence, fault, verdict))


def clear_memos(evidence: Iterable[CaseResult]) -> None:
    """Drops the parsed bodies of exchanges, which need many times the memory of the bytes."""
    for result in evidence:
        for exchange in result if isinstance(result, tuple) else ():
            exchange._memo.clear()


def _recorded(
    target_run: TargetRun, entry: PlannedVerdict, evidence: Evidence, fault: str, verdict: Verdict
) -> RecordedVerdict:
    own_evidence = {name: evidence[name] for _, name in entry.cases}
    facts = _facts_of(target_run.judge_for(entry.provider), entry, own_evidence, verdict)
    return RecordedVerdict(target_run.target.provider.name, entry, own_evidence, fault, facts)


def _failure_kind(verdict: Verdict) -> tuple[Any, ...]:
    """The key that distinguishes failures of a check: expectation and place, without figures."""
    if verdict.findings:
        first = verdict.findings[0]
        return verdict.outcome, _without_figures(first.expected), _without_figures(first.where)
    return verdict.outcome, _without_figures(verdict.message)


def _without_figures(words: str) -> str:
    return re.sub(r"[\d.]+", "#", words)[:40]
