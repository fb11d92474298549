"""One target's own column on the stand: sent once without a fault, and judged again under each fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from wireproof.client.sender import Sender
from wireproof.contract.case import Case, is_generated
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target
from wireproof.evidence.access_tracking import changed_parts, track_access
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.control import FAULT_HEADER
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import Ops
from wireproof.proof.fault_effect import ChangedResult, FaultEffect, FaultlessResult, JudgedEntry, effect_from_verdicts
from wireproof.proof.in_process_line import InProcessPool, exchange_with_ops
from wireproof.proof.over_sockets import (
    CONNECTIONS_PER_POOL,
    PATIENT_DEADLINES,
    lacks_readable_head,
    same_as_modelled,
    send_over_sockets,
)
from wireproof.proof.socket_needed import as_complete_answer, equivalence_key, has_unreadable_head
from wireproof.session.target_run import TargetRun

# On the mock every option is offered, so that one refused honestly is a fault that was noticed.
BROKEN_OUTCOMES = frozenset({"fail", "not-offered"})


class ColumnProof:
    """One target's own column, judged again and again.

    Attributes:
        rehearsed: what comes of each case of the faultless server without a connection.
        passing: the entries that pass on the faultless server.
    """

    def __init__(self, trial: TargetRun) -> None:
        self._trial, self.name = trial, trial.target.name
        self._target: Target = replace(trial.target, connections=CONNECTIONS_PER_POOL)
        self._column: Provider = trial.target.provider
        own = (entry for entry in trial.entries if entry.provider == self._column.name)
        self._entries = [entry for entry in own if not is_generated(entry.case)]
        self.cases: Mapping[str, Case] = {name: trial.cases[name] for entry in self._entries for _, name in entry.cases}
        self._server = InProcessPool(self._column)
        self._faultless: dict[str, FaultlessResult] = {}
        self.rehearsed: dict[str, CaseResult] = {}
        self.passing: list[PlannedVerdict] = []
        self.due: dict[str, list[JudgedEntry]] = {}

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that the column judges, in the order of the index."""
        return tuple(dict.fromkeys(clause.id for entry in self._entries for clause, _ in entry.clauses))

    async def find_false_alarms(self) -> list[str]:
        """Judge the faultless mock over the wire: a failure is a false alarm, and so is a rehearsal that differs."""
        sent = await send_over_sockets(replace(self._target, deadlines=PATIENT_DEADLINES), self.cases.values())
        for name, case in self.cases.items():
            came, ops = await self._dry_run(case, self._target)
            takes = self._server.replayable_steps(case, came) if isinstance(came, tuple) else ()
            self._faultless[name], self.rehearsed[name] = (
                FaultlessResult(came, ops, self._server.case_steps(), takes),
                came,
            )
        judged = [(entry, self.judge(entry, sent), self.judge(entry, self.rehearsed)) for entry in self._entries]
        # A machine that is busy may leave a judgement of time undecided; without a connection it is decided.
        judged = [(entry, alone if came.outcome == "inconclusive" else came, alone) for entry, came, alone in judged]
        self.passing = [entry for entry, verdict, _ in judged if verdict.outcome == "pass"]
        # Refusing an option honestly, where the mock does so too, breaks nothing; serving it wrongly does.
        declined = [entry for entry, verdict, _ in judged if verdict.outcome == "not-offered"]
        due = [(entry, BROKEN_OUTCOMES) for entry in self.passing] + [
            (entry, BROKEN_OUTCOMES - {"not-offered"}) for entry in declined
        ]
        for at, (entry, red) in enumerate(due):
            for _, name in entry.cases:
                self.due.setdefault(name, []).append(JudgedEntry(at, entry, red, self._parts_read(entry)))
        alarms = [(v, v.message) for _, v, _ in judged if v.outcome in ("fail", "error")]
        alarms += [
            (v, f"{v.outcome} over the wire, {rehearsed.outcome} without: {rehearsed.message}")
            for _, v, rehearsed in judged
            if v.outcome != rehearsed.outcome
        ]
        return [f"{v.target} {v.check} {v.case}: {message}" for v, message in alarms]

    def _parts_read(self, entry: PlannedVerdict) -> frozenset[str]:
        """What the judgement looks at where there is no fault; whatever leaves that alone leaves the verdict alone."""
        seen: set[str] = set()
        self.judge(entry, {name: track_access(self.rehearsed[name], seen) for _, name in entry.cases})
        return frozenset(seen)

    async def changed_cases(self, fault: Fault) -> Mapping[str, ChangedResult]:
        """What comes under a fault of the cases that it touches: over the wire, where only the wire shows it."""
        if fault.hooks.on_wire is not None:
            return await self.over_sockets(fault, await self.wire_ops_under(fault))
        found = [(name, await self.changed_case(fault, name)) for name in self.cases]
        return {name: touch for name, touch in found if touch is not None}

    async def changed_case(self, fault: Fault, name: str) -> ChangedResult | None:
        """What comes of one case under a fault; None where the fault does not touch it."""
        if not self._asks_faulty_endpoint(fault, name):
            return None
        if fault.hooks.on_wire is not None:
            ops = await self._ops_under(fault, name)
            return None if ops == self._faultless[name].ops else (await self.over_sockets(fault, {name: ops}))[name]
        sent = await self.result_under(fault, name)
        return None if sent is None else ChangedResult(sent, changed_parts(self.rehearsed[name], sent))

    def _asks_faulty_endpoint(self, fault: Fault, name: str) -> bool:
        """Whether a case asks an endpoint at which the fault is committed."""
        return "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in self.cases[name].asks)

    async def wire_ops_under(self, fault: Fault) -> Mapping[str, tuple[Ops, ...]]:
        """What the server does under a fault for the cases that it touches."""
        found = [
            (name, await self._ops_under(fault, name)) for name in self.cases if self._asks_faulty_endpoint(fault, name)
        ]
        return {name: ops for name, ops in found if ops != self._faultless[name].ops}

    def judge_changed(self, touched: Mapping[str, ChangedResult]) -> Iterator[tuple[JudgedEntry, Evidence, Verdict]]:
        """What is judged again under a fault, given what comes of the cases that it touches."""
        evidence = {**self.rehearsed, **{name: touch.sent for name, touch in touched.items()}}
        due = {
            due.at: due
            for name, touch in touched.items()
            for due in self.due.get(name, ())
            if due.depends_on(touch.changed)
        }
        for _, one in sorted(due.items()):
            yield one, evidence, self.judge(one.entry, evidence)

    def find_effect(self, touched: Mapping[str, ChangedResult], fault: Fault) -> FaultEffect:
        """What breaks under a fault, given what comes of the cases that it touches."""
        return effect_from_verdicts(fault, ((due, verdict) for due, _, verdict in self.judge_changed(touched)))

    async def result_under(self, fault: Fault, case: str) -> CaseResult | None:
        """What comes of a case under a fault, without a connection; None where the fault does not touch it."""
        faultless = self._faultless[case]
        if not faultless.takes:
            if faultless.asked and self._server.is_unaffected(faultless.asked, fault):
                return None
            sent, ops = await self._dry_run(self.cases[case], self._target_under(fault))
            return None if ops == faultless.ops else sent
        ops = await self._ops_under(fault, case)
        return None if ops == faultless.ops else self._result_from_ops(case, ops, fault)

    def _result_from_ops(self, case: str, ops: tuple[Ops, ...], fault: Fault) -> CaseResult:
        """What came of a case, had this been done for its requests."""
        sent = self._faultless[case].sent
        assert isinstance(sent, tuple)
        header = self._target_under(fault).headers.items()
        return tuple(exchange_with_ops(exchange, done, header) for exchange, done in zip(sent, ops, strict=True))

    def judge(self, entry: PlannedVerdict, evidence: Evidence) -> Verdict:
        """The verdict of one entry."""
        return self._trial.judge_for(entry.provider).judge(entry, evidence)

    async def _ops_under(self, fault: Fault, case: str) -> tuple[Ops, ...]:
        """What the server does for a case under a fault."""
        if takes := self._faultless[case].takes:
            return self._server.replay_under(takes, fault)
        return (await self._dry_run(self.cases[case], self._target_under(fault)))[1]

    async def over_sockets(self, fault: Fault, deeds: Mapping[str, tuple[Ops, ...]]) -> Mapping[str, ChangedResult]:
        """What comes under a fault of framing: over the wire, where to hear the answer is not enough."""
        answers = {name: self._complete_answers(name, ops) for name, ops in deeds.items()}
        came = await self._send_over_sockets(fault, {name: ops for name, ops in deeds.items() if not answers[name]})
        touched = {name: self.with_model_times(name, sent, deeds[name], fault) for name, sent in came.items()}
        for name, ops in answers.items():
            if ops:
                sent = self._result_from_ops(name, ops, fault)
                touched[name] = ChangedResult(sent, changed_parts(self.rehearsed[name], sent))
        return touched

    def _complete_answers(self, name: str, ops: tuple[Ops, ...]) -> tuple[Ops, ...]:
        """The answers, where each is whole and the case depends on nothing else that a connection does."""
        takes = self._faultless[name].takes
        found = [as_complete_answer(*done) for done in zip((take.received.method for take in takes), ops, strict=False)]
        return tuple(answer for answer in found if answer is not None) if None not in found else ()

    def with_model_times(self, name: str, came: CaseResult, ops: tuple[Ops, ...], fault: Fault) -> ChangedResult:
        """What came over the wire; where that is just what was done, it came at the times when it was done."""
        heard = self._result_from_ops(name, ops, fault) if self._faultless[name].takes else came
        if heard is came or not same_as_modelled(came, heard):
            return ChangedResult(came, None)
        return ChangedResult(heard, changed_parts(self.rehearsed[name], heard))

    async def _send_over_sockets(self, fault: Fault, deeds: Mapping[str, tuple[Ops, ...]]) -> Evidence:
        """What comes over the wire; of like heads that cannot be read one is sent, and stands for the others."""
        alike: dict[object, list[str]] = {}
        for name, ops in deeds.items():
            takes = self._faultless[name].takes
            shared = len(takes) == 1 and has_unreadable_head(ops[0])
            alike.setdefault(equivalence_key(takes[0].received.method, ops[0]) if shared else name, []).append(name)
        hangs = any(op.kind == "hang" for ops in deeds.values() for done in ops for op in done)
        target = self._target_under(fault) if hangs else replace(self._target_under(fault), deadlines=PATIENT_DEADLINES)
        first = await send_over_sockets(target, [self.cases[group[0]] for group in alike.values()])
        unread = [group for group in alike.values() if lacks_readable_head(first[group[0]])]
        came = {name: self.copied_result(name, first[group[0]], fault) for group in unread for name in group}
        others = [self.cases[name] for name in deeds if name not in came and name not in first]
        return {**first, **came, **await send_over_sockets(target, others)}

    def copied_result(self, name: str, sent: CaseResult, fault: Fault) -> CaseResult:
        """What came of one case as what comes of another, for which the server does the same."""
        faultless = self._faultless[name].sent
        if not isinstance(sent, tuple) or not isinstance(faultless, tuple) or sent[-1].case == name:
            return sent
        header, own = self._target_under(fault).headers.items(), faultless[-1]
        asked = replace(own.request, headers=(*own.request.headers, *header))
        return (replace(sent[-1], case=name, endpoint=own.endpoint, request=asked),)

    def _target_under(self, fault: Fault) -> Target:
        return replace(self._target, headers={FAULT_HEADER: fault.id})

    async def _dry_run(self, case: Case, target: Target) -> tuple[CaseResult, tuple[Ops, ...]]:
        """What comes of a case without a connection, and what the server does for it."""
        self._server.begin_case()
        sent = await Sender(target, self._server).send(case)
        return sent, tuple(self._server.ops)
