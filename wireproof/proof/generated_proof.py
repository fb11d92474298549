"""Judging the judges of generated requests: which faults the families find, on the bundled server without a connection.

The faults that only seldom requests meet are committed, and the baseline's own column is judged: the families and the
checks are the same for every provider, and what else a fault breaks is shown by the cases that are written by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from wireproof.client.sender import Sender
from wireproof.contract.case import endpoint_from_case_name
from wireproof.contract.target import Target
from wireproof.generation.families import strategies_by_case
from wireproof.generation.fixed_sample import distinct_examples
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.hypothesis_settings import GenerationSettings
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.request_runner import RequestRunner
from wireproof.generation.sequence_runner import SequenceRunner
from wireproof.generation.state_machines import is_stateful
from wireproof.judging.check import Check, Violation
from wireproof.judging.judge import Judge
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.dry_run import DryRunStep
from wireproof.mock.faults import Fault
from wireproof.mock.faults.rare_inputs import HOOKS
from wireproof.proof.fault_effect import FaultEffect
from wireproof.proof.in_process_line import InProcessPool
from wireproof.session.target_run import TargetRun

# A proof takes minutes as it is; tests hold how many requests it takes to find each fault.
EXAMPLES_PER_FAMILY, SEQUENCES_PER_CASE = 30, 10
# Faults of limits that the talks about a limit are proved by; others are shown by cases.
LIMIT_FAULTS = frozenset({"limit-never", "retry-after-zero"})


class GeneratedEntry(Protocol):
    """One generated entry, judged again and again."""

    entry: PlannedVerdict

    @property
    def endpoint(self) -> str:
        """The endpoint that it asks."""

    async def judge_under(self, target: Target, fault: Fault | None = None) -> Verdict:
        """What the entry comes to on a target that is asked for this fault."""


class GeneratedProof:
    """The generated entries of one trial, judged again and again."""

    def __init__(self, trial: TargetRun) -> None:
        self._target, server = trial.target, InProcessPool(trial.target.provider)
        known, self._bouts = strategies_by_case(trial.target.provider), list[GeneratedEntry]()
        for entry in trial.entries:
            check, judge = trial.checks[entry.check], trial.judge_for(entry.provider)
            if entry.case in known:
                probes = distinct_examples(known[entry.case], EXAMPLES_PER_FAMILY)
                self._bouts.append(DrawnEntry(judge, entry, check, server, probes))
            elif is_stateful(entry.case):
                self._bouts.append(SequenceEntry(judge, entry, check, server))

    async def find_false_alarms(self) -> list[str]:
        """Judge every entry on the faultless server: a failure is a false alarm."""
        verdicts = [await bout.judge_under(self._target) for bout in self._bouts]
        return [f"{v.target} {v.check} {v.case}: {v.message}" for v in verdicts if v.outcome in ("fail", "error")]

    async def find_effect(self, fault: Fault, cases: Collection[str] | None = None) -> FaultEffect:
        """What a fault turns red, of these generated entries or of all."""
        target, broken = replace(self._target, headers={FAULT_HEADER: fault.id}), dict[str, list[str]]()
        clauses: set[str] = set()
        for bout in self._bouts:
            if fault.endpoints != ("*",) and bout.endpoint not in fault.endpoints:
                continue
            if cases is not None and bout.entry.case not in cases:
                continue
            verdict = await bout.judge_under(target, fault)
            if verdict.outcome == "fail":
                broken.setdefault(verdict.check, []).append(verdict.case)
                clauses.update(clause.id for clause in verdict.clauses if clause.outcome == "fail")
        return FaultEffect({check: sorted(cases) for check, cases in sorted(broken.items())}, frozenset(clauses))


@dataclass(slots=True)
class DrawnEntry:
    """An entry whose requests stand by themselves; one to which a fault changes nothing is not asked again."""

    judge: Judge
    entry: PlannedVerdict
    check: Check
    server: InProcessPool
    probes: Sequence[GeneratedRequest]
    before: tuple[tuple[DryRunStep, ...], ...] = ()

    @property
    def endpoint(self) -> str:
        """The endpoint that it asks."""
        return endpoint_from_case_name(self.entry.case)

    async def judge_under(self, target: Target, fault: Fault | None = None) -> Verdict:
        """What the entry comes to on a target that is asked for this fault; the first time there is none."""
        draft = RequestFactory(target.provider, self.endpoint)
        exploration = RequestRunner(self.judge, self.entry, self.check, Sender(target, self.server), draft)
        found = []
        for at, probe in enumerate(self.probes):
            if fault is not None and self._is_unaffected(at, fault):
                continue
            self.server.begin_case()
            await exploration.send_request(probe)
            if fault is None:
                found.append(self.server.case_steps())
            try:
                await exploration.judge_request(probe)
            except Violation:
                break
        self.before = self.before or tuple(found)
        return exploration.verdict()

    def _is_unaffected(self, at: int, fault: Fault) -> bool:
        """Whether a fault changes nothing of what was said to a request without it."""
        takes = self.before[at] if at < len(self.before) else ()
        return bool(takes) and fault.hooks.on_wire is None and self.server.is_unaffected(takes, fault)


@dataclass(slots=True)
class SequenceEntry:
    """An entry whose requests follow each other."""

    judge: Judge
    entry: PlannedVerdict
    check: Check
    server: InProcessPool

    @property
    def endpoint(self) -> str:
        """The endpoint that it asks."""
        return endpoint_from_case_name(self.entry.case)

    async def judge_under(self, target: Target, fault: Fault | None = None) -> Verdict:
        """What the entry comes to on a target that is asked for this fault."""
        self.server.begin_case()
        exercise = SequenceRunner(self.judge, self.entry, self.check, Sender(target, self.server))
        with suppress(Violation):
            await exercise.run(GenerationSettings(SEQUENCES_PER_CASE, shrink=False, same=True), self.entry.case)
        return exercise.verdict()


def faults_for_generated(chosen: Iterable[Fault]) -> list[Fault]:
    """The faults that generated requests are proved by."""
    return [fault for fault in chosen if fault.id in HOOKS or fault.id in LIMIT_FAULTS]
