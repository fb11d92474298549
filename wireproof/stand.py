"""One target's own column on the stand: sent once without a fault, and judged again under each fault."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from wireproof.case import Case
from wireproof.courier import Courier
from wireproof.docket import Entry
from wireproof.evidence import Evidence, Sent
from wireproof.mock.control import FAULT
from wireproof.mock.faults import Fault
from wireproof.mock.message import Ops
from wireproof.provider import Provider
from wireproof.regard import changed, watched
from wireproof.rehearsed import Rehearsed, heard_instead
from wireproof.target import Target
from wireproof.toll import Due, Rehearsal, Toll, Touched, attributed
from wireproof.trial import Trial
from wireproof.verdict import Verdict
from wireproof.wire import Wire

# Many small pools: httpcore's pool takes time in the square of its connections.
POOLS, CONNECTIONS = 8, 4

# What is done to a connection that carries a whole answer and stays open.
PLAIN = frozenset({"head", "body", "chunk", "last"})

# On the mock every option is offered, so that one refused honestly is a fault that was noticed.
BROKEN = frozenset({"fail", "not-offered"})


class Stand:
    """One target's own column, judged again and again.

    Attributes:
        rehearsed: what comes of each case of the faultless server without a connection.
        passing: the entries that pass on the faultless server.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial, self.name = trial, trial.target.name
        self._target: Target = replace(trial.target, connections=CONNECTIONS)
        self._column: Provider = trial.target.provider
        self._entries = [entry for entry in trial.entries if entry.provider == self._column.name]
        self.cases: Mapping[str, Case] = {name: trial.cases[name] for entry in self._entries for _, name in entry.cases}
        self._server = Rehearsed(self._column)
        self._faultless: dict[str, Rehearsal] = {}
        self.rehearsed: dict[str, Sent] = {}
        self.passing: list[Entry] = []
        self._due: dict[str, list[Due]] = {}

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that the column judges, in the order of the index."""
        return tuple(dict.fromkeys(clause.id for entry in self._entries for clause, _ in entry.clauses))

    async def faultless(self) -> list[str]:
        """Judge the faultless mock over the wire: a failure is a false alarm, and so is a rehearsal that differs."""
        sent = await self._send(self._target, self.cases.values())
        for name, case in self.cases.items():
            came, ops = await self._rehearse(case, self._target)
            takes = self._server.takes(case, came) if isinstance(came, tuple) else ()
            self._faultless[name], self.rehearsed[name] = Rehearsal(came, ops, takes), came
        judged = [(entry, self.judge(entry, sent), self.judge(entry, self.rehearsed)) for entry in self._entries]
        # A machine that is busy may leave a judgement of time undecided; without a connection it is decided.
        judged = [(entry, alone if came.outcome == "inconclusive" else came, alone) for entry, came, alone in judged]
        self.passing = [entry for entry, verdict, _ in judged if verdict.outcome == "pass"]
        # Refusing an option honestly, where the mock does so too, breaks nothing; serving it wrongly does.
        declined = [entry for entry, verdict, _ in judged if verdict.outcome == "not-offered"]
        due = [(entry, BROKEN) for entry in self.passing] + [(entry, BROKEN - {"not-offered"}) for entry in declined]
        for at, (entry, red) in enumerate(due):
            for _, name in entry.cases:
                self._due.setdefault(name, []).append(Due(at, entry, red, self._regards(entry)))
        alarms = [(v, v.message) for _, v, _ in judged if v.outcome in ("fail", "error")]
        alarms += [
            (v, f"{v.outcome} over the wire, {rehearsed.outcome} without: {rehearsed.message}")
            for _, v, rehearsed in judged
            if v.outcome != rehearsed.outcome
        ]
        return [f"{v.target} {v.check} {v.case}: {message}" for v, message in alarms]

    def _regards(self, entry: Entry) -> frozenset[str]:
        """What the judgement looks at where there is no fault; whatever leaves that alone leaves the verdict alone."""
        seen: set[str] = set()
        self.judge(entry, {name: watched(self.rehearsed[name], seen) for _, name in entry.cases})
        return frozenset(seen)

    async def touched(self, fault: Fault) -> Mapping[str, Touched]:
        """What comes under a fault of the cases that it touches: over the wire, where only the wire shows it."""
        reached = [
            name
            for name, case in self.cases.items()
            if "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in case.asks)
        ]
        if fault.apply.frame is not None:
            return await self._carried(fault, reached)
        found = [(name, await self.under(fault, name)) for name in reached]
        return {name: Touched(sent, changed(self.rehearsed[name], sent)) for name, sent in found if sent is not None}

    def judged(self, touched: Mapping[str, Touched]) -> Iterator[tuple[Due, Evidence, Verdict]]:
        """What is judged again under a fault, given what comes of the cases that it touches."""
        evidence = {**self.rehearsed, **{name: touch.sent for name, touch in touched.items()}}
        due = {
            due.at: due
            for name, touch in touched.items()
            for due in self._due.get(name, ())
            if touch.changed is None or not due.regards.isdisjoint(touch.changed)
        }
        for _, one in sorted(due.items()):
            yield one, evidence, self.judge(one.entry, evidence)

    def toll(self, touched: Mapping[str, Touched], fault: Fault) -> Toll:
        """What breaks under a fault, given what comes of the cases that it touches."""
        broken: dict[str, list[str]] = {}
        clauses: set[str] = set()
        for one, _, verdict in self.judged(touched):
            clauses.update(clause for clause, _ in attributed(one.entry, verdict))
            # What the rules allow may be advised against, but must never be a red line.
            if verdict.outcome in one.red and (verdict.gates() or not fault.harmless):
                broken.setdefault(one.entry.check, []).append(one.entry.case)
        return Toll({check: sorted(cases) for check, cases in sorted(broken.items())}, frozenset(clauses))

    async def under(self, fault: Fault, case: str) -> Sent | None:
        """What comes of a case under a fault, without a connection; None where the fault does not touch it."""
        faultless = self._faultless[case]
        if not faultless.takes:
            sent, ops = await self._rehearse(self.cases[case], self._under(fault))
            return None if ops == faultless.ops else sent
        ops = await self._done(fault, case)
        return None if ops == faultless.ops else self._heard(case, ops, fault)

    def _heard(self, case: str, ops: tuple[Ops, ...], fault: Fault) -> Sent:
        """What came of a case, had this been done for its requests."""
        sent = self._faultless[case].sent
        assert isinstance(sent, tuple)
        header = self._under(fault).headers.items()
        return tuple(heard_instead(exchange, done, header) for exchange, done in zip(sent, ops, strict=True))

    def judge(self, entry: Entry, evidence: Evidence) -> Verdict:
        """The verdict of one entry."""
        return self._trial.bench(entry.provider).judge(entry, evidence)

    async def _done(self, fault: Fault, case: str) -> tuple[Ops, ...]:
        """What the server does for a case under a fault."""
        if takes := self._faultless[case].takes:
            return self._server.retaken(takes, fault)
        return (await self._rehearse(self.cases[case], self._under(fault)))[1]

    async def _carried(self, fault: Fault, names: Iterable[str]) -> Mapping[str, Touched]:
        """What comes over the wire of the cases that a fault touches; like deeds for like requests are done once."""
        found = {name: await self._done(fault, name) for name in names}
        deeds = {name: ops for name, ops in found.items() if ops != self._faultless[name].ops}
        alike: dict[object, list[str]] = {}
        for name, ops in deeds.items():
            alone = len(ops) > 1 or not self._faultless[name].takes
            alike.setdefault(name if alone else (self.cases[name].asks[-1].method, ops), []).append(name)
        sent = await self._send(self._under(fault), [self.cases[group[0]] for group in alike.values()])
        came = {name: self._as_of(name, sent[group[0]], fault) for group in alike.values() for name in group}
        return {name: Touched(one, self._changed(name, one, deeds[name], fault)) for name, one in came.items()}

    def _changed(self, name: str, sent: Sent, ops: tuple[Ops, ...], fault: Fault) -> frozenset[str] | None:
        """What a fault of the wire changes of an exchange, where it leaves the connection itself alone."""
        if not self._faultless[name].takes or any(op.kind not in PLAIN for done in ops for op in done):
            return None
        heard = self._heard(name, ops, fault)
        if not isinstance(sent, tuple) or not isinstance(heard, tuple) or len(sent) != len(heard):
            return None
        if any(one.broken or one.status != other.status for one, other in zip(sent, heard, strict=True)):
            return None
        return changed(self.rehearsed[name], heard)

    def _as_of(self, name: str, sent: Sent, fault: Fault) -> Sent:
        """What came of one case as what comes of another, for which the server does the same."""
        faultless = self._faultless[name].sent
        if not isinstance(sent, tuple) or not isinstance(faultless, tuple) or sent[-1].case == name:
            return sent
        header, own = self._under(fault).headers.items(), faultless[-1]
        asked = replace(own.request, headers=(*own.request.headers, *header))
        return (replace(sent[-1], case=name, endpoint=own.endpoint, request=asked),)

    def _under(self, fault: Fault) -> Target:
        return replace(self._target, headers={FAULT: fault.id})

    async def _rehearse(self, case: Case, target: Target) -> tuple[Sent, tuple[Ops, ...]]:
        """What comes of a case without a connection, and what the server does for it."""
        self._server.begin()
        sent = await Courier(target, self._server).send(case)
        return sent, tuple(self._server.ops)

    async def _send(self, target: Target, cases: Iterable[Case]) -> Evidence:
        every = tuple(cases)
        parts = await asyncio.gather(*(_sent(target, every[start::POOLS]) for start in range(POOLS)))
        return {name: sent for part in parts for name, sent in part.items()}


async def _sent(target: Target, cases: Sequence[Case]) -> Evidence:
    async with Wire(target.connections, target.deadlines) as wire:
        courier = Courier(target, wire)
        await courier.send_all(cases)
        return courier.evidence
