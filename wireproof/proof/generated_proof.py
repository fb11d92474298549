"""Finds the faults that the checks of generated requests notice, on the mock without a connection.

The injected faults are those that only rare requests trigger. One provider is judged, the baseline: families and checks
are the same for every provider, and cases written by hand show the other effects of these faults.
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
from wireproof.judging.check import Check, TimedOut, Violation
from wireproof.judging.judge import Judge
from wireproof.judging.outcomes import GATING_OUTCOMES, RED_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.dry_run import DryRunStep
from wireproof.mock.faults import Fault
from wireproof.mock.faults.rare_inputs import HOOKS
from wireproof.proof.fault_effect import FaultEffect
from wireproof.proof.gate_effect import GateEffect, stronger_effect
from wireproof.proof.in_process_line import InProcessPool
from wireproof.session.target_run import TargetRun

# Few, because a proof takes minutes; tests hold the number of requests after which each fault is found.
EXAMPLES_PER_FAMILY, SEQUENCES_PER_CASE = 30, 10
# Faults of rate limits that the sequences about a limit prove; cases written by hand prove the others.
LIMIT_FAULTS = frozenset({"limit-never", "retry-after-zero"})


class Rejudged(Protocol):
    """A planned verdict about generated requests that can be judged under any fault."""

    planned: PlannedVerdict

    @property
    def endpoint(self) -> str:
        """The endpoint of its requests."""

    async def judge_under(self, target: Target, fault: Fault | None = None) -> Verdict:
        """Sends its requests to a target whose headers inject the fault, and judges the responses."""


class GeneratedProof:
    """The planned verdicts of one target run that are about generated requests."""

    def __init__(self, target_run: TargetRun) -> None:
        self._target, server = target_run.target, InProcessPool(target_run.target.provider)
        strategies, self._verdicts = strategies_by_case(target_run.target.provider), list[Rejudged]()
        for planned in target_run.entries:
            check, judge = target_run.checks[planned.check], target_run.judge_for(planned.provider)
            if planned.case in strategies:
                probes = distinct_examples(strategies[planned.case], EXAMPLES_PER_FAMILY)
                self._verdicts.append(RejudgedRequests(judge, planned, check, server, probes))
            elif is_stateful(planned.case):
                self._verdicts.append(RejudgedSequences(judge, planned, check, server))

    async def find_false_alarms(self) -> list[str]:
        """Judges the fault-free server; returns failures as sentences."""
        verdicts = [await rejudged.judge_under(self._target) for rejudged in self._verdicts]
        return [f"{v.target} {v.check} {v.case}: {v.message}" for v in verdicts if v.outcome in RED_OUTCOMES]

    async def find_effect(self, fault: Fault, cases: Collection[str] | None = None) -> FaultEffect:
        """The effect of a fault on the planned verdicts of these cases; None stands for all cases."""
        target, broken = replace(self._target, headers={FAULT_HEADER: fault.id}), dict[str, list[str]]()
        clauses: set[str] = set()
        gate: GateEffect | None = None
        for rejudged in self._verdicts:
            if fault.endpoints != ("*",) and rejudged.endpoint not in fault.endpoints:
                continue
            if cases is not None and rejudged.planned.case not in cases:
                continue
            verdict = await rejudged.judge_under(target, fault)
            if verdict.outcome in GATING_OUTCOMES:
                broken.setdefault(verdict.check, []).append(verdict.case)
                clauses.update(clause.id for clause in verdict.clauses if clause.outcome in GATING_OUTCOMES)
                word = "examples" if verdict.gates() else "advice"
                gate = stronger_effect(gate, GateEffect.from_verdict(word, verdict, ""))
        checks = {check: sorted(cases) for check, cases in sorted(broken.items())}
        return FaultEffect(checks, frozenset(clauses), gate=gate)


@dataclass(slots=True)
class RejudgedRequests:
    """A planned verdict about single requests; a request whose answer a fault leaves unchanged is not sent again.

    Attributes:
        probes: the requests, always the same.
        fault_free: the steps of each request on the fault-free server, up to the first violation.
    """

    judge: Judge
    planned: PlannedVerdict
    check: Check
    server: InProcessPool
    probes: Sequence[GeneratedRequest]
    fault_free: tuple[tuple[DryRunStep, ...], ...] = ()

    @property
    def endpoint(self) -> str:
        """The endpoint of its requests."""
        return endpoint_from_case_name(self.planned.case)

    async def judge_under(self, target: Target, fault: Fault | None = None) -> Verdict:
        """Sends the requests and judges the responses; the first call must be without a fault."""
        factory = RequestFactory(target.provider, self.endpoint)
        runner = RequestRunner(self.judge, self.planned, self.check, Sender(target, self.server), factory)
        steps = []
        for index, probe in enumerate(self.probes):
            if fault is not None and self._is_unaffected(index, fault):
                continue
            self.server.begin_case()
            await runner.send_request(probe)
            if fault is None:
                steps.append(self.server.case_steps())
            try:
                await runner.judge_request(probe)
            except (Violation, TimedOut):
                break
        self.fault_free = self.fault_free or tuple(steps)
        return runner.verdict()

    def _is_unaffected(self, index: int, fault: Fault) -> bool:
        """True if a fault changes nothing of the answers to the request of this index."""
        steps = self.fault_free[index] if index < len(self.fault_free) else ()
        return bool(steps) and fault.hooks.on_wire is None and self.server.is_unaffected(steps, fault)


@dataclass(slots=True)
class RejudgedSequences:
    """A planned verdict about sequences of requests."""

    judge: Judge
    planned: PlannedVerdict
    check: Check
    server: InProcessPool

    @property
    def endpoint(self) -> str:
        """The endpoint of its requests."""
        return endpoint_from_case_name(self.planned.case)

    async def judge_under(self, target: Target, fault: Fault | None = None) -> Verdict:
        """Sends the sequences and judges the responses."""
        self.server.begin_case()
        runner = SequenceRunner(self.judge, self.planned, self.check, Sender(target, self.server))
        with suppress(Violation, TimedOut):
            await runner.run(GenerationSettings(SEQUENCES_PER_CASE, shrink=False, same=True), self.planned.case)
        return runner.verdict()


def faults_for_generated(chosen: Iterable[Fault]) -> list[Fault]:
    """The faults of these that generated requests prove."""
    return [fault for fault in chosen if fault.id in HOOKS or fault.id in LIMIT_FAULTS]
