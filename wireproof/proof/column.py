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
from wireproof.mock.control import FAULT
from wireproof.mock.faults import Fault
from wireproof.mock.protocol.messages import Ops
from wireproof.proof.fault_effect import Due, Rehearsal, Toll, Touched, toll_of
from wireproof.proof.in_process_line import Rehearsed, heard_instead
from wireproof.proof.over_sockets import CONNECTIONS, PATIENT, agree, carried, is_unread
from wireproof.proof.socket_needed import is_unreadable, likeness, whole
from wireproof.session.target_run import TargetRun

# On the mock every option is offered, so that one refused honestly is a fault that was noticed.
BROKEN = frozenset({"fail", "not-offered"})


class Stand:
    """One target's own column, judged again and again.

    Attributes:
        rehearsed: what comes of each case of the faultless server without a connection.
        passing: the entries that pass on the faultless server.
    """

    def __init__(self, trial: TargetRun) -> None:
        self._trial, self.name = trial, trial.target.name
        self._target: Target = replace(trial.target, connections=CONNECTIONS)
        self._column: Provider = trial.target.provider
        own = (entry for entry in trial.entries if entry.provider == self._column.name)
        self._entries = [entry for entry in own if not is_generated(entry.case)]
        self.cases: Mapping[str, Case] = {name: trial.cases[name] for entry in self._entries for _, name in entry.cases}
        self._server = Rehearsed(self._column)
        self._faultless: dict[str, Rehearsal] = {}
        self.rehearsed: dict[str, CaseResult] = {}
        self.passing: list[PlannedVerdict] = []
        self.due: dict[str, list[Due]] = {}

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that the column judges, in the order of the index."""
        return tuple(dict.fromkeys(clause.id for entry in self._entries for clause, _ in entry.clauses))

    async def faultless(self) -> list[str]:
        """Judge the faultless mock over the wire: a failure is a false alarm, and so is a rehearsal that differs."""
        sent = await carried(replace(self._target, deadlines=PATIENT), self.cases.values())
        for name, case in self.cases.items():
            came, ops = await self._rehearse(case, self._target)
            takes = self._server.takes(case, came) if isinstance(came, tuple) else ()
            self._faultless[name], self.rehearsed[name] = Rehearsal(came, ops, self._server.asked(), takes), came
        judged = [(entry, self.judge(entry, sent), self.judge(entry, self.rehearsed)) for entry in self._entries]
        # A machine that is busy may leave a judgement of time undecided; without a connection it is decided.
        judged = [(entry, alone if came.outcome == "inconclusive" else came, alone) for entry, came, alone in judged]
        self.passing = [entry for entry, verdict, _ in judged if verdict.outcome == "pass"]
        # Refusing an option honestly, where the mock does so too, breaks nothing; serving it wrongly does.
        declined = [entry for entry, verdict, _ in judged if verdict.outcome == "not-offered"]
        due = [(entry, BROKEN) for entry in self.passing] + [(entry, BROKEN - {"not-offered"}) for entry in declined]
        for at, (entry, red) in enumerate(due):
            for _, name in entry.cases:
                self.due.setdefault(name, []).append(Due(at, entry, red, self._regards(entry)))
        alarms = [(v, v.message) for _, v, _ in judged if v.outcome in ("fail", "error")]
        alarms += [
            (v, f"{v.outcome} over the wire, {rehearsed.outcome} without: {rehearsed.message}")
            for _, v, rehearsed in judged
            if v.outcome != rehearsed.outcome
        ]
        return [f"{v.target} {v.check} {v.case}: {message}" for v, message in alarms]

    def _regards(self, entry: PlannedVerdict) -> frozenset[str]:
        """What the judgement looks at where there is no fault; whatever leaves that alone leaves the verdict alone."""
        seen: set[str] = set()
        self.judge(entry, {name: track_access(self.rehearsed[name], seen) for _, name in entry.cases})
        return frozenset(seen)

    async def touched(self, fault: Fault) -> Mapping[str, Touched]:
        """What comes under a fault of the cases that it touches: over the wire, where only the wire shows it."""
        if fault.apply.frame is not None:
            return await self.carried(fault, await self.deeds(fault))
        found = [(name, await self.touch(fault, name)) for name in self.cases]
        return {name: touch for name, touch in found if touch is not None}

    async def touch(self, fault: Fault, name: str) -> Touched | None:
        """What comes of one case under a fault; None where the fault does not touch it."""
        if not self._reaches(fault, name):
            return None
        if fault.apply.frame is not None:
            ops = await self._done(fault, name)
            return None if ops == self._faultless[name].ops else (await self.carried(fault, {name: ops}))[name]
        sent = await self.under(fault, name)
        return None if sent is None else Touched(sent, changed_parts(self.rehearsed[name], sent))

    def _reaches(self, fault: Fault, name: str) -> bool:
        """Whether a case asks an endpoint at which the fault is committed."""
        return "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in self.cases[name].asks)

    async def deeds(self, fault: Fault) -> Mapping[str, tuple[Ops, ...]]:
        """What the server does under a fault for the cases that it touches."""
        found = [(name, await self._done(fault, name)) for name in self.cases if self._reaches(fault, name)]
        return {name: ops for name, ops in found if ops != self._faultless[name].ops}

    def judged(self, touched: Mapping[str, Touched]) -> Iterator[tuple[Due, Evidence, Verdict]]:
        """What is judged again under a fault, given what comes of the cases that it touches."""
        evidence = {**self.rehearsed, **{name: touch.sent for name, touch in touched.items()}}
        due = {
            due.at: due
            for name, touch in touched.items()
            for due in self.due.get(name, ())
            if due.looks_at(touch.changed)
        }
        for _, one in sorted(due.items()):
            yield one, evidence, self.judge(one.entry, evidence)

    def toll(self, touched: Mapping[str, Touched], fault: Fault) -> Toll:
        """What breaks under a fault, given what comes of the cases that it touches."""
        return toll_of(fault, ((due, verdict) for due, _, verdict in self.judged(touched)))

    async def under(self, fault: Fault, case: str) -> CaseResult | None:
        """What comes of a case under a fault, without a connection; None where the fault does not touch it."""
        faultless = self._faultless[case]
        if not faultless.takes:
            if faultless.asked and self._server.left_alone(faultless.asked, fault):
                return None
            sent, ops = await self._rehearse(self.cases[case], self._under(fault))
            return None if ops == faultless.ops else sent
        ops = await self._done(fault, case)
        return None if ops == faultless.ops else self._heard(case, ops, fault)

    def _heard(self, case: str, ops: tuple[Ops, ...], fault: Fault) -> CaseResult:
        """What came of a case, had this been done for its requests."""
        sent = self._faultless[case].sent
        assert isinstance(sent, tuple)
        header = self._under(fault).headers.items()
        return tuple(heard_instead(exchange, done, header) for exchange, done in zip(sent, ops, strict=True))

    def judge(self, entry: PlannedVerdict, evidence: Evidence) -> Verdict:
        """The verdict of one entry."""
        return self._trial.judge_for(entry.provider).judge(entry, evidence)

    async def _done(self, fault: Fault, case: str) -> tuple[Ops, ...]:
        """What the server does for a case under a fault."""
        if takes := self._faultless[case].takes:
            return self._server.retaken(takes, fault)
        return (await self._rehearse(self.cases[case], self._under(fault)))[1]

    async def carried(self, fault: Fault, deeds: Mapping[str, tuple[Ops, ...]]) -> Mapping[str, Touched]:
        """What comes under a fault of framing: over the wire, where to hear the answer is not enough."""
        answers = {name: self._whole(name, ops) for name, ops in deeds.items()}
        came = await self._sent(fault, {name: ops for name, ops in deeds.items() if not answers[name]})
        touched = {name: self._as_heard(name, sent, deeds[name], fault) for name, sent in came.items()}
        for name, ops in answers.items():
            if ops:
                sent = self._heard(name, ops, fault)
                touched[name] = Touched(sent, changed_parts(self.rehearsed[name], sent))
        return touched

    def _whole(self, name: str, ops: tuple[Ops, ...]) -> tuple[Ops, ...]:
        """The answers, where each is whole and the case depends on nothing else that a connection does."""
        takes = self._faultless[name].takes
        found = [whole(*done) for done in zip((take.received.method for take in takes), ops, strict=False)]
        return tuple(answer for answer in found if answer is not None) if None not in found else ()

    def _as_heard(self, name: str, came: CaseResult, ops: tuple[Ops, ...], fault: Fault) -> Touched:
        """What came over the wire; where that is just what was done, it came at the times when it was done."""
        heard = self._heard(name, ops, fault) if self._faultless[name].takes else came
        if heard is came or not agree(came, heard):
            return Touched(came, None)
        return Touched(heard, changed_parts(self.rehearsed[name], heard))

    async def _sent(self, fault: Fault, deeds: Mapping[str, tuple[Ops, ...]]) -> Evidence:
        """What comes over the wire; of like heads that cannot be read one is sent, and stands for the others."""
        alike: dict[object, list[str]] = {}
        for name, ops in deeds.items():
            takes = self._faultless[name].takes
            shared = len(takes) == 1 and is_unreadable(ops[0])
            alike.setdefault(likeness(takes[0].received.method, ops[0]) if shared else name, []).append(name)
        hangs = any(op.kind == "hang" for ops in deeds.values() for done in ops for op in done)
        target = self._under(fault) if hangs else replace(self._under(fault), deadlines=PATIENT)
        first = await carried(target, [self.cases[group[0]] for group in alike.values()])
        unread = [group for group in alike.values() if is_unread(first[group[0]])]
        came = {name: self._as_of(name, first[group[0]], fault) for group in unread for name in group}
        others = [self.cases[name] for name in deeds if name not in came and name not in first]
        return {**first, **came, **await carried(target, others)}

    def _as_of(self, name: str, sent: CaseResult, fault: Fault) -> CaseResult:
        """What came of one case as what comes of another, for which the server does the same."""
        faultless = self._faultless[name].sent
        if not isinstance(sent, tuple) or not isinstance(faultless, tuple) or sent[-1].case == name:
            return sent
        header, own = self._under(fault).headers.items(), faultless[-1]
        asked = replace(own.request, headers=(*own.request.headers, *header))
        return (replace(sent[-1], case=name, endpoint=own.endpoint, request=asked),)

    def _under(self, fault: Fault) -> Target:
        return replace(self._target, headers={FAULT: fault.id})

    async def _rehearse(self, case: Case, target: Target) -> tuple[CaseResult, tuple[Ops, ...]]:
        """What comes of a case without a connection, and what the server does for it."""
        self._server.begin()
        sent = await Sender(target, self._server).send(case)
        return sent, tuple(self._server.ops)
