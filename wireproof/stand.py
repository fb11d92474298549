"""One target's own column on the stand: sent once without a fault, and judged again under each fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wireproof import pointer
from wireproof.case import Case
from wireproof.courier import Courier, Evidence, Sent
from wireproof.docket import Entry
from wireproof.mock.control import FAULT
from wireproof.mock.faults import Fault
from wireproof.mock.message import Ops
from wireproof.provider import Provider
from wireproof.rehearsed import Rehearsed
from wireproof.target import Target
from wireproof.trial import Trial
from wireproof.verdict import Verdict
from wireproof.wire import Wire

# Many small pools: httpcore's pool takes time in the square of its connections.
POOLS, CONNECTIONS = 8, 4

# On the mock every option is offered, so that one refused honestly is a fault that was noticed.
BROKEN = frozenset({"fail", "not-offered"})


@dataclass(frozen=True, slots=True)
class Toll:
    """What one fault broke.

    Attributes:
        checks: check → the cases that pass without the fault and fail with it.
        clauses: the clauses that failures are attributed to, advice against what the rules allow among them.
    """

    checks: dict[str, list[str]]
    clauses: frozenset[str]


class Stand:
    """One target's own column, judged again and again."""

    def __init__(self, trial: Trial) -> None:
        self._trial, self.name = trial, trial.target.name
        self._target: Target = replace(trial.target, connections=CONNECTIONS)
        self._column: Provider = trial.target.provider
        self._entries = [entry for entry in trial.entries if entry.provider == self._column.name]
        self.cases: Mapping[str, Case] = {name: trial.cases[name] for entry in self._entries for _, name in entry.cases}
        self._server = Rehearsed(self._column)
        self._faultless: dict[str, tuple[Sent, tuple[Ops, ...]]] = {}
        self.passing: list[Entry] = []
        self._due: list[tuple[Entry, frozenset[str]]] = []

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that the column judges, in the order of the index."""
        return tuple(dict.fromkeys(clause.id for entry in self._entries for clause, _ in entry.clauses))

    async def faultless(self) -> list[str]:
        """Judge the faultless mock over the wire: a failure is a false alarm, and so is a rehearsal that differs."""
        sent = await self._send(self._target, self.cases.values())
        self._faultless = {name: await self._rehearse(case, self._target) for name, case in self.cases.items()}
        judged = [(entry, self.judge(entry, sent), self.judge(entry, self._rehearsed)) for entry in self._entries]
        self.passing = [entry for entry, verdict, _ in judged if verdict.outcome == "pass"]
        # Refusing an option honestly, where the mock does so too, breaks nothing; serving it wrongly does.
        declined = [entry for entry, verdict, _ in judged if verdict.outcome == "not-offered"]
        self._due = [(entry, BROKEN) for entry in self.passing] + [
            (entry, BROKEN - {"not-offered"}) for entry in declined
        ]
        alarms = [(v, v.message) for _, v, _ in judged if v.outcome in ("fail", "error")]
        alarms += [
            (v, f"{v.outcome} over the wire, {rehearsed.outcome} without: {rehearsed.message}")
            for _, v, rehearsed in judged
            if v.outcome != rehearsed.outcome
        ]
        return [f"{v.target} {v.check} {v.case}: {message}" for v, message in alarms]

    @property
    def _rehearsed(self) -> Evidence:
        return {name: sent for name, (sent, _) in self._faultless.items()}

    async def toll(self, fault: Fault) -> Toll:
        """What breaks under a fault, on every case that it touches."""
        reached = [
            name
            for name, case in self.cases.items()
            if "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in case.asks)
        ]
        touched = {name: sent async for name, sent in self._touched(fault, reached)}
        if touched and fault.apply.frame is not None:
            touched = {**await self._send(self._under(fault), [self.cases[name] for name in touched])}
        evidence = {**self._rehearsed, **touched}
        broken: dict[str, list[str]] = {}
        clauses: set[str] = set()
        for entry, red in self._due:
            if not any(name in touched for _, name in entry.cases):
                continue
            await _let_others_read()
            verdict = self.judge(entry, evidence)
            clauses.update(clause for clause, _ in attributed(entry, verdict))
            # What the rules allow may be advised against, but must never be a red line.
            if verdict.outcome in red and (verdict.gates() or not fault.harmless):
                broken.setdefault(entry.check, []).append(entry.case)
        return Toll({check: sorted(cases) for check, cases in sorted(broken.items())}, frozenset(clauses))

    async def under(self, fault: Fault, case: str) -> Sent | None:
        """What comes of a case under a fault, without a connection; None where the fault does not touch it."""
        sent, ops = await self._rehearse(self.cases[case], self._under(fault))
        return None if ops == self._faultless[case][1] else sent

    def judge(self, entry: Entry, evidence: Evidence) -> Verdict:
        """The verdict of one entry."""
        return self._trial.bench(entry.provider).judge(entry, evidence)

    async def _touched(self, fault: Fault, names: Iterable[str]) -> AsyncIterator[tuple[str, Sent]]:
        for name in names:
            sent = await self.under(fault, name)
            await _let_others_read()
            if sent is not None:
                yield name, sent

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


def attributed(entry: Entry, verdict: Verdict) -> Iterator[tuple[str, str | None]]:
    """The clauses that a failure is about, each with its place.

    A clause about one member that is red only because the whole cannot be read is not among them: its own line
    has to be able to turn red.
    """
    for (clause, judgement), told in zip(entry.clauses, verdict.clauses, strict=True):
        fits = judgement.at is None or any(
            found.pointer is not None and pointer.matches(judgement.at, found.pointer) for found in verdict.findings
        )
        if told.outcome == "fail" and fits:
            yield clause.id, judgement.at


async def _let_others_read() -> None:
    """Arrival times are evidence: no work of ours may hold the loop while the answers of other faults arrive."""
    await asyncio.sleep(0)


async def _sent(target: Target, cases: Sequence[Case]) -> Evidence:
    async with Wire(target.connections, target.deadlines) as wire:
        courier = Courier(target, wire)
        await courier.send_all(cases)
        return courier.evidence
