"""Judges the columns of one target that fail its run, its own document's and the wire's, under every fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wireproof.client.sender import Sender
from wireproof.contract.case import PROFILES, Case, is_generated
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target
from wireproof.evidence.access_tracking import changed_parts, track_access
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.judging.outcomes import GATING_OUTCOMES, RED_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.dry_run import DryRunStep
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import Ops
from wireproof.proof.excused_faults import CheckAndCase, find_excused
from wireproof.proof.fault_effect import (
    ChangedResult,
    FaultEffect,
    FaultFreeResult,
    WatchedVerdict,
    effect_from_verdicts,
)
from wireproof.proof.gate_effect import GateEffect
from wireproof.proof.in_process_line import InProcessPool, exchange_with_ops
from wireproof.proof.ordinary_run import OrdinaryRun
from wireproof.proof.over_sockets import (
    CONNECTIONS_PER_POOL,
    PATIENT_DEADLINES,
    lacks_readable_head,
    same_as_modelled,
    send_over_sockets,
)
from wireproof.proof.socket_needed import as_complete_answer, equivalence_key, has_unreadable_head
from wireproof.session.target_run import TargetRun

# The mock offers every option, so an honest refusal of one shows that the fault was noticed.
BROKEN_OUTCOMES = GATING_OUTCOMES | {"not-offered"}


class ColumnProof:
    """The planned verdicts of one target that can fail a run, judged without a fault and then under each fault.

    Attributes:
        cases: the cases of these planned verdicts, by name.
        ordinary_run: the run of a user, whose gate these verdicts turn red or not.
        dry_results: case → its result on the fault-free server, without a connection.
        passing: the planned verdicts that pass on the fault-free server.
        watched: case → the planned verdicts that are judged again if a fault changes the result of the case.
    """

    def __init__(self, target_run: TargetRun, profile: str = PROFILES[-1]) -> None:
        """Plans the verdicts; of a profile smaller than `all`, those of the cases that an ordinary run sends."""
        self._target_run, self.name = target_run, target_run.target.name
        self._target: Target = replace(target_run.target, connections=CONNECTIONS_PER_POOL)
        self._column: Provider = target_run.target.provider
        self.ordinary_run = OrdinaryRun(target_run)
        gating = (planned for planned in target_run.entries if self.ordinary_run.is_gating_column(planned))
        every = profile == PROFILES[-1]
        self._planned = [
            planned
            for planned in gating
            if not is_generated(planned.case)
            and (every or all(self.ordinary_run.sends(target_run.cases[name], profile) for _, name in planned.cases))
        ]
        self.cases: Mapping[str, Case] = {
            name: target_run.cases[name] for planned in self._planned for _, name in planned.cases
        }
        self._server = InProcessPool(self._column)
        self._fault_free: dict[str, FaultFreeResult] = {}
        self.dry_results: dict[str, CaseResult] = {}
        self.passing: list[PlannedVerdict] = []
        self.watched: dict[str, list[WatchedVerdict]] = {}

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that the columns judge, in the order of the index."""
        return tuple(dict.fromkeys(clause.id for planned in self._planned for clause, _ in planned.clauses))

    @property
    def request_defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Endpoint → member of its requests → the default that the contract names."""
        return self._server.request_defaults

    async def find_false_alarms(self) -> list[str]:
        """Judges the fault-free mock over sockets and in a dry run; returns failures and differences as sentences."""
        sent = await send_over_sockets(replace(self._target, deadlines=PATIENT_DEADLINES), self.cases.values())
        await self.send_dry()
        judged = [
            (planned, self.judge(planned, sent), self.judge(planned, self.dry_results)) for planned in self._planned
        ]
        # On a busy machine a verdict about time may be inconclusive; the dry run decides it.
        judged = [(planned, dry if real.outcome == "inconclusive" else real, dry) for planned, real, dry in judged]
        self._watch_verdicts([(planned, verdict) for planned, verdict, _ in judged])
        alarms = [(real, real.message) for _, real, _ in judged if real.outcome in RED_OUTCOMES]
        alarms += [
            (real, f"{real.outcome} over sockets, {dry.outcome} in the dry run: {dry.message}")
            for _, real, dry in judged
            if real.outcome != dry.outcome
        ]
        return [f"{v.target} {v.check} {v.case}: {message}" for v, message in alarms]

    async def judge_dry(self) -> None:
        """Judges the fault-free mock without a connection alone; `find_false_alarms` proves that this is the same."""
        await self.send_dry()
        self._watch_verdicts([(planned, self.judge(planned, self.dry_results)) for planned in self._planned])

    async def send_dry(self) -> None:
        """Sends every case to the fault-free mock without a connection."""
        for name, case in self.cases.items():
            result, ops = await self._dry_run(case, self._target)
            replayable = self._server.replayable_steps(case, result) if isinstance(result, tuple) else ()
            self._fault_free[name] = FaultFreeResult(result, ops, self._server.case_steps(), replayable)
            self.dry_results[name] = result

    def steps_of(self, name: str) -> tuple[DryRunStep, ...]:
        """The requests of a case with the answers of the fault-free server; empty if these are not repeatable."""
        return self._fault_free[name].steps

    def admit_fault(self, fault: Fault) -> None:
        """Makes a fault known that is not in the catalogue, in place of the one before it."""
        self._server.admit_fault(fault)

    def _watch_verdicts(self, judged: Sequence[tuple[PlannedVerdict, Verdict]]) -> None:
        """Notes the verdicts that faults may break."""
        self.ordinary_run.set_fault_free(judged)
        self.passing = [planned for planned, verdict in judged if verdict.outcome == "pass"]
        # The mock refuses these options honestly, so only a wrong response to them breaks the verdict.
        declined = [planned for planned, verdict in judged if verdict.outcome == "not-offered"]
        broken_outcomes = [(planned, BROKEN_OUTCOMES) for planned in self.passing]
        broken_outcomes += [(planned, BROKEN_OUTCOMES - {"not-offered"}) for planned in declined]
        for position, (planned, outcomes) in enumerate(broken_outcomes):
            for _, name in planned.cases:
                watched = WatchedVerdict(position, planned, outcomes, self._parts_read(planned))
                self.watched.setdefault(name, []).append(watched)

    def _parts_read(self, planned: PlannedVerdict) -> frozenset[str]:
        """The parts of its exchanges that a verdict reads; a fault that changes none of them cannot change it."""
        parts: set[str] = set()
        self.judge(planned, {name: track_access(self.dry_results[name], parts) for _, name in planned.cases})
        return frozenset(parts)

    async def changed_cases(self, fault: Fault) -> Mapping[str, ChangedResult]:
        """Case → its result under a fault, for the cases that the fault changes."""
        if fault.hooks.on_wire is not None:
            return await self.over_sockets(fault, await self.wire_ops_under(fault))
        results = [(name, await self.changed_case(fault, name)) for name in self.cases]
        return {name: result for name, result in results if result is not None}

    async def changed_case(self, fault: Fault, name: str) -> ChangedResult | None:
        """The result of one case under a fault; None if the fault does not change it."""
        if not self._asks_faulty_endpoint(fault, name):
            return None
        if fault.hooks.on_wire is not None:
            ops = await self._ops_under(fault, name)
            return None if ops == self._fault_free[name].ops else (await self.over_sockets(fault, {name: ops}))[name]
        sent = await self.result_under(fault, name)
        return None if sent is None else ChangedResult(sent, changed_parts(self.dry_results[name], sent))

    def _asks_faulty_endpoint(self, fault: Fault, name: str) -> bool:
        """True if a case asks an endpoint of the fault."""
        return "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in self.cases[name].asks)

    async def wire_ops_under(self, fault: Fault) -> Mapping[str, tuple[Ops, ...]]:
        """Case → the operations of the server under a fault, for the cases that the fault changes."""
        operations = [
            (name, await self._ops_under(fault, name)) for name in self.cases if self._asks_faulty_endpoint(fault, name)
        ]
        return {name: ops for name, ops in operations if ops != self._fault_free[name].ops}

    def judge_changed(self, changed: Mapping[str, ChangedResult]) -> Iterator[tuple[WatchedVerdict, Evidence, Verdict]]:
        """Judges the verdicts again that read a changed part of these results."""
        evidence = {**self.dry_results, **_results(changed)}
        affected = {
            watched.position: watched
            for name, result in changed.items()
            for watched in self.watched.get(name, ())
            if watched.depends_on(result.changed)
        }
        for _, watched in sorted(affected.items()):
            yield watched, evidence, self.judge(watched.planned, evidence)

    def find_effect(self, changed: Mapping[str, ChangedResult], fault: Fault) -> FaultEffect:
        """The effect of a fault, from the results that it changes."""
        judged = [(watched, verdict) for watched, _, verdict in self.judge_changed(changed)]
        effect = effect_from_verdicts(fault, judged)
        if fault.harmless or all(result.changed == frozenset() for result in changed.values()):
            return effect
        gate = self.find_gate_effect(fault, judged, _results(changed))
        return replace(effect, gate=gate, excused=self._find_excused(judged))

    def _find_excused(self, judged: Iterable[tuple[WatchedVerdict, Verdict]]) -> tuple[CheckAndCase, ...]:
        """The verdicts that these results excuse, although the contract promises what they judge."""
        passing = {(planned.check, planned.case) for planned in self.passing}
        of_options = {name for name, case in self.cases.items() if self._column.optional.intersection(case.features)}
        return find_excused(((watched.planned, verdict) for watched, verdict in judged), passing, of_options)

    def find_gate_effect(
        self, fault: Fault, judged: Sequence[tuple[WatchedVerdict, Verdict]], changed: Evidence
    ) -> GateEffect:
        """The effect of a fault on the gate of an ordinary run, from verdicts reached on the results it changes."""
        broken = ((watched.planned, verdict) for watched, verdict in judged if watched.breaks(fault, verdict))
        all_judged = [(watched.planned, verdict) for watched, verdict in judged]
        return self.ordinary_run.find_effect(broken, all_judged, {**self.dry_results, **changed})

    async def result_under(self, fault: Fault, case: str) -> CaseResult | None:
        """The result of a case under a fault, without a connection; None if the fault does not change it."""
        fault_free = self._fault_free[case]
        if not fault_free.replayable:
            if fault_free.steps and self._server.is_unaffected(fault_free.steps, fault):
                return None
            sent, ops = await self._dry_run(self.cases[case], self._target_under(fault))
            return None if ops == fault_free.ops else sent
        ops = await self._ops_under(fault, case)
        return None if ops == fault_free.ops else self._result_from_ops(case, ops, fault)

    def _result_from_ops(self, case: str, ops: tuple[Ops, ...], fault: Fault) -> CaseResult:
        """The result of a case if the server performs these operations, one group per request."""
        sent = self._fault_free[case].sent
        assert isinstance(sent, tuple)
        header = self._target_under(fault).headers.items()
        return tuple(exchange_with_ops(exchange, group, header) for exchange, group in zip(sent, ops, strict=True))

    def judge(self, planned: PlannedVerdict, evidence: Evidence) -> Verdict:
        """Judges one planned verdict."""
        return self._target_run.judge_for(planned.provider).judge(planned, evidence)

    async def _ops_under(self, fault: Fault, case: str) -> tuple[Ops, ...]:
        """The operations of the server for a case under a fault, one group per request."""
        if steps := self._fault_free[case].replayable:
            return self._server.replay_under(steps, fault)
        return (await self._dry_run(self.cases[case], self._target_under(fault)))[1]

    async def over_sockets(
        self, fault: Fault, ops_by_case: Mapping[str, tuple[Ops, ...]]
    ) -> Mapping[str, ChangedResult]:
        """Case → its result under a fault of framing; cases are sent over sockets unless their operations suffice."""
        answers = {name: self._complete_answers(name, ops) for name, ops in ops_by_case.items()}
        sent = await self._send_over_sockets(
            fault, {name: ops for name, ops in ops_by_case.items() if not answers[name]}
        )
        changed = {name: self.with_model_times(name, real, ops_by_case[name], fault) for name, real in sent.items()}
        for name, ops in answers.items():
            if ops:
                result = self._result_from_ops(name, ops, fault)
                changed[name] = ChangedResult(result, changed_parts(self.dry_results[name], result))
        return changed

    def _complete_answers(self, name: str, ops: tuple[Ops, ...]) -> tuple[Ops, ...]:
        """The operations of each response if all responses are complete HTTP messages; else empty."""
        methods = (step.received.method for step in self._fault_free[name].replayable)
        answers = [as_complete_answer(*pair) for pair in zip(methods, ops, strict=False)]
        return tuple(answer for answer in answers if answer is not None) if None not in answers else ()

    def with_model_times(self, name: str, real: CaseResult, ops: tuple[Ops, ...], fault: Fault) -> ChangedResult:
        """The result over sockets; if it equals the modelled one, the modelled one, whose times are exact."""
        modelled = self._result_from_ops(name, ops, fault) if self._fault_free[name].replayable else real
        if modelled is real or not same_as_modelled(real, modelled):
            return ChangedResult(real, None)
        return ChangedResult(modelled, changed_parts(self.dry_results[name], modelled))

    async def _send_over_sockets(self, fault: Fault, ops_by_case: Mapping[str, tuple[Ops, ...]]) -> Evidence:
        """Sends the cases over sockets; of several with the same unreadable head, only the first."""
        groups: dict[object, list[str]] = {}
        for name, ops in ops_by_case.items():
            steps = self._fault_free[name].replayable
            shared = len(steps) == 1 and has_unreadable_head(ops[0])
            groups.setdefault(equivalence_key(steps[0].received.method, ops[0]) if shared else name, []).append(name)
        hangs = any(op.kind == "hang" for ops in ops_by_case.values() for group in ops for op in group)
        target = self._target_under(fault) if hangs else replace(self._target_under(fault), deadlines=PATIENT_DEADLINES)
        first = await send_over_sockets(target, [self.cases[group[0]] for group in groups.values()])
        unreadable = [group for group in groups.values() if lacks_readable_head(first[group[0]])]
        copies = {name: self.copied_result(name, first[group[0]], fault) for group in unreadable for name in group}
        others = [self.cases[name] for name in ops_by_case if name not in copies and name not in first]
        return {**first, **copies, **await send_over_sockets(target, others)}

    def copied_result(self, name: str, sent: CaseResult, fault: Fault) -> CaseResult:
        """The result of a case, copied from an equivalent case for which the server performs the same operations."""
        fault_free = self._fault_free[name].sent
        if not isinstance(sent, tuple) or not isinstance(fault_free, tuple) or sent[-1].case == name:
            return sent
        header, own = self._target_under(fault).headers.items(), fault_free[-1]
        request = replace(own.request, headers=(*own.request.headers, *header))
        return (replace(sent[-1], case=name, endpoint=own.endpoint, request=request),)

    def _target_under(self, fault: Fault) -> Target:
        return replace(self._target, headers={FAULT_HEADER: fault.id})

    async def _dry_run(self, case: Case, target: Target) -> tuple[CaseResult, tuple[Ops, ...]]:
        """The result of a case without a connection, and the operations of the server for each request."""
        self._server.begin_case()
        sent = await Sender(target, self._server).send(case)
        return sent, tuple(self._server.ops)


def _results(changed: Mapping[str, ChangedResult]) -> Evidence:
    return {name: result.sent for name, result in changed.items()}
