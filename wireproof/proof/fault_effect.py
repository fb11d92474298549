"""The effect of one fault: the results that it changes, the verdicts that it breaks, and their clauses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from wireproof.evidence.case_result import CaseResult
from wireproof.formats import json_pointer
from wireproof.judging.outcomes import GATING_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.dry_run import DryRunStep
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import Ops
from wireproof.proof.excused_faults import CheckAndCase
from wireproof.proof.gate_effect import GateEffect, stronger_effect


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """The checks and clauses that one fault breaks.

    Attributes:
        checks: check → the cases on which it passes without the fault and fails with it.
        clauses: the clauses that its failures are attributed to.
        excused: the verdicts that it turns into an excuse, while nothing else of the column reports it.
        gate: its effect on the gate; None if it changes nothing, or if its effect on the gate is not of interest.
    """

    checks: dict[str, list[str]]
    clauses: frozenset[str]
    excused: tuple[CheckAndCase, ...] = ()
    gate: GateEffect | None = None


@dataclass(frozen=True)
class WatchedVerdict:
    """A planned verdict that is judged again under faults.

    Attributes:
        position: its place in the order of the column.
        broken_outcomes: the outcomes that count as broken by a fault.
        parts_read: the parts of its exchanges that the verdict reads, as `access_tracking` names them.
    """

    position: int
    planned: PlannedVerdict
    broken_outcomes: frozenset[str]
    parts_read: frozenset[str]

    @cached_property
    def check_and_clauses(self) -> frozenset[str]:
        """The ids of its check and its clauses, all of which a fault may break with it."""
        return frozenset((self.planned.check, *(clause.id for clause, _ in self.planned.clauses)))

    def depends_on(self, changed: frozenset[str] | None) -> bool:
        """True if the verdict reads one of the changed parts; None stands for all parts."""
        return changed is None or not self.parts_read.isdisjoint(changed)

    def breaks(self, fault: Fault, verdict: Verdict) -> bool:
        """True if the verdict counts as broken; under a legal variant, only a verdict that fails the run does."""
        return verdict.outcome in self.broken_outcomes and (verdict.gates() or not fault.harmless)


@dataclass(frozen=True, slots=True)
class ChangedResult:
    """The result of a case that a fault changes.

    Attributes:
        changed: the parts of the exchanges that differ; None if any part may differ.
    """

    sent: CaseResult
    changed: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class FaultFreeResult:
    """The result of one case on the fault-free server, without a connection.

    Attributes:
        ops: the operations of the server, one group per request.
        steps: the requests of the case with their answers.
        replayable: the same if the requests can be answered again without being built again; else empty.
    """

    sent: CaseResult
    ops: tuple[Ops, ...]
    steps: tuple[DryRunStep, ...]
    replayable: tuple[DryRunStep, ...]


def effect_from_verdicts(fault: Fault, judged: Iterable[tuple[WatchedVerdict, Verdict]]) -> FaultEffect:
    """The effect of a fault, from the verdicts reached under it."""
    broken: dict[str, set[str]] = {}
    clauses: set[str] = set()
    for watched, verdict in judged:
        clauses.update(clause for clause, _ in attributed_clauses(watched.planned, verdict))
        if watched.breaks(fault, verdict):
            broken.setdefault(watched.planned.check, set()).add(watched.planned.case)
    return FaultEffect({check: sorted(cases) for check, cases in sorted(broken.items())}, frozenset(clauses))


def join_effects(first: FaultEffect, second: FaultEffect) -> FaultEffect:
    """The union of two effects of one fault."""
    checks = {
        check: sorted({*first.checks.get(check, ()), *second.checks.get(check, ())})
        for check in sorted({*first.checks, *second.checks})
    }
    excused = tuple(dict.fromkeys((*first.excused, *second.excused)))
    return FaultEffect(checks, first.clauses | second.clauses, excused, stronger_effect(first.gate, second.gate))


def attributed_clauses(planned: PlannedVerdict, verdict: Verdict) -> Iterator[tuple[str, str | None]]:
    """The clauses that a failure is about, each with its JSON Pointer; None for a clause about the whole body.

    A clause about one member is left out unless a finding names that member. So a body that cannot be parsed breaks no
    clause about a member.
    """
    for (clause, judgement), judged in zip(planned.clauses, verdict.clauses, strict=True):
        fits = judgement.at is None or any(
            finding.pointer is not None and json_pointer.matches(judgement.at, finding.pointer)
            for finding in verdict.findings
        )
        if judged.outcome in GATING_OUTCOMES and fits:
            yield clause.id, judgement.at
