"""What a fault comes to: which cases it touches, what is judged again, and what breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from wireproof.evidence.case_result import CaseResult
from wireproof.formats import json_pointer
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.dry_run import DryRunStep
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import Ops


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """What one fault broke.

    Attributes:
        checks: check → the cases that pass without the fault and fail with it.
        clauses: the clauses that failures are attributed to, advice against what the rules allow among them.
    """

    checks: dict[str, list[str]]
    clauses: frozenset[str]


@dataclass(frozen=True)
class JudgedEntry:
    """An entry to be judged under faults: its place, the outcomes that count as broken, and what it looks at."""

    at: int
    entry: PlannedVerdict
    red: frozenset[str]
    regards: frozenset[str]

    @cached_property
    def check_and_clauses(self) -> frozenset[str]:
        """Its check and its clauses: what a fault that breaks it may break."""
        return frozenset((self.entry.check, *(clause.id for clause, _ in self.entry.clauses)))

    def depends_on(self, changed: frozenset[str] | None) -> bool:
        """Whether the judgement depends on something of what has changed; None is everything."""
        return changed is None or not self.regards.isdisjoint(changed)

    def breaks(self, fault: Fault, verdict: Verdict) -> bool:
        """Whether the verdict is red; what the rules allow may be advised against, but must never be a red line."""
        return verdict.outcome in self.red and (verdict.gates() or not fault.harmless)


@dataclass(frozen=True, slots=True)
class ChangedResult:
    """What comes of a case under a fault; `changed` is None where more than headers or reads may differ."""

    sent: CaseResult
    changed: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class FaultlessResult:
    """What came of one case without a connection.

    Attributes:
        asked: its requests, with what is said to each.
        takes: the same, where they can be answered again by themselves.
    """

    sent: CaseResult
    ops: tuple[Ops, ...]
    asked: tuple[DryRunStep, ...]
    takes: tuple[DryRunStep, ...]


def effect_from_verdicts(fault: Fault, judged: Iterable[tuple[JudgedEntry, Verdict]]) -> FaultEffect:
    """What a fault broke, given what was judged under it."""
    broken: dict[str, list[str]] = {}
    clauses: set[str] = set()
    for due, verdict in judged:
        clauses.update(clause for clause, _ in attributed_clauses(due.entry, verdict))
        if due.breaks(fault, verdict):
            broken.setdefault(due.entry.check, []).append(due.entry.case)
    return FaultEffect({check: sorted(cases) for check, cases in sorted(broken.items())}, frozenset(clauses))


def join_effects(one: FaultEffect, other: FaultEffect) -> FaultEffect:
    """What a fault broke in two ways of looking."""
    checks = {
        check: sorted({*one.checks.get(check, ()), *other.checks.get(check, ())})
        for check in sorted({*one.checks, *other.checks})
    }
    return FaultEffect(checks, one.clauses | other.clauses)


def attributed_clauses(entry: PlannedVerdict, verdict: Verdict) -> Iterator[tuple[str, str | None]]:
    """The clauses that a failure is about, each with its place.

    A clause about one member that is red only because the whole cannot be read is not among them: its own line
    has to be able to turn red.
    """
    for (clause, judgement), told in zip(entry.clauses, verdict.clauses, strict=True):
        fits = judgement.at is None or any(
            found.pointer is not None and json_pointer.matches(judgement.at, found.pointer)
            for found in verdict.findings
        )
        if told.outcome == "fail" and fits:
            yield clause.id, judgement.at
