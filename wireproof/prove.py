"""Judging the judge: which fault breaks which judgement, computed on the bundled mock.

The faultless mock breaks nothing. Each fault is committed on every case it touches, and what it breaks is
compared with the verdicts of the faultless run. A check that no fault breaks is not a check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from wireproof import aim, bundled, config
from wireproof.case import Case
from wireproof.courier import Courier, Evidence, Sent
from wireproof.docket import Entry
from wireproof.errors import ConfigError
from wireproof.mock.control import FAULT
from wireproof.mock.faults import Fault, faults
from wireproof.mock.message import Ops
from wireproof.proof import Proof
from wireproof.provider import Provider
from wireproof.rehearsed import Rehearsed
from wireproof.suites import load_checks
from wireproof.target import Deadlines, Target
from wireproof.trial import Trial, open_trial
from wireproof.verdict import Verdict
from wireproof.wire import Wire

# Faults that leave a connection open are told by the idle deadline, so it is short; the mock answers at once.
DEADLINES = Deadlines(connect=5.0, first_byte=2.0, idle=1.5, total=10.0)
# Many small pools: httpcore's pool takes time in the square of its connections.
POOLS, CONNECTIONS = 8, 4
# Faults under way at once: most of their time is waiting for streams that have gaps, or hang.
AT_ONCE = 8

# On the mock every option is offered, so that one refused honestly is a fault that was noticed.
BROKEN = frozenset({"fail", "not-offered"})


def prove(providers: Sequence[str] = (), only: Sequence[str] = ()) -> Proof:
    """Commit each fault on the bundled mock and see what breaks; each provider has a process of its own.

    Raises ConfigError for a provider or a fault that does not exist.
    """
    chosen = _chosen(faults(), only)
    names = [target.name for target in aim.targets(aim.Aim(providers=tuple(providers)), {})]
    checks = tuple(sorted(load_checks()))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_prove_provider, names, [tuple(fault.id for fault in chosen)] * len(names)))
    matrix = {
        fault.id: {name: broken[fault.id] for name, (broken, _) in zip(names, parts, strict=True) if broken[fault.id]}
        for fault in chosen
        if not fault.harmless
    }
    return Proof(matrix, tuple(alarm for _, alarms in parts for alarm in alarms), checks)


def _prove_provider(name: str, only: tuple[str, ...]) -> tuple[dict[str, dict[str, list[str]]], list[str]]:
    """Fault → check → cases on one provider's profile, and the false alarms."""
    known = config.load_providers()
    (target,) = aim.targets(aim.Aim(providers=(name,)), {})
    with bundled.mock() as urls:
        target = replace(aim.at_address(target, urls[name]), deadlines=DEADLINES)
        return asyncio.run(_prove(_Stand(open_trial(target, known, load_checks())), _chosen(faults(), only)))


async def _prove(stand: _Stand, chosen: Sequence[Fault]) -> tuple[dict[str, dict[str, list[str]]], list[str]]:
    alarms = await stand.faultless()
    turns = asyncio.Semaphore(AT_ONCE)

    async def commit(fault: Fault) -> dict[str, list[str]]:
        async with turns:
            return await stand.broken_by(fault)

    found = await asyncio.gather(*(commit(fault) for fault in chosen))
    broken = {fault.id: by for fault, by in zip(chosen, found, strict=True)}
    alarms += [
        f"{stand.name}: {fault.id} is within the rules, yet it breaks {', '.join(broken[fault.id])}"
        for fault in chosen
        if fault.harmless and broken[fault.id]
    ]
    return broken, alarms


class _Stand:
    """One target's own column, judged again and again."""

    def __init__(self, trial: Trial) -> None:
        self._trial, self.name = trial, trial.target.name
        self._target: Target = replace(trial.target, connections=CONNECTIONS)
        self._column: Provider = trial.target.provider
        self._entries = [entry for entry in trial.entries if entry.provider == self._column.name]
        self._cases = {name: trial.cases[name] for entry in self._entries for _, name in entry.cases}
        self._server = Rehearsed(self._column)
        self._faultless: dict[str, tuple[Sent, tuple[Ops, ...]]] = {}
        self._passing: list[Entry] = []

    async def faultless(self) -> list[str]:
        """Judge the faultless mock over the wire: a failure is a false alarm, and so is a rehearsal that differs."""
        sent = await self._send(self._target, self._cases.values())
        self._faultless = {name: await self._rehearse(case, self._target) for name, case in self._cases.items()}
        judged = [(entry, self._judge(entry, sent), self._judge(entry, self._rehearsed)) for entry in self._entries]
        self._passing = [entry for entry, verdict, _ in judged if verdict.outcome == "pass"]
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

    async def broken_by(self, fault: Fault) -> dict[str, list[str]]:
        """Check → cases that pass without the fault and fail with it."""
        target = replace(self._target, headers={FAULT: fault.id})
        touched: dict[str, Sent] = {}
        for name, case in self._cases.items():
            if "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in case.asks):
                sent, ops = await self._rehearse(case, target)
                if ops != self._faultless[name][1]:
                    touched[name] = sent
                await _let_others_read()
        if touched and fault.apply.frame is not None:
            touched = {**await self._send(target, [self._cases[name] for name in touched])}
        evidence = {**self._rehearsed, **touched}
        broken: dict[str, list[str]] = {}
        for entry in self._passing:
            if not any(name in touched for _, name in entry.cases):
                continue
            await _let_others_read()
            verdict = self._judge(entry, evidence)
            # What the rules allow may be advised against, but must never be a red line.
            if verdict.outcome in BROKEN and (verdict.gates() or not fault.harmless):
                broken.setdefault(entry.check, []).append(entry.case)
        return {check: sorted(cases) for check, cases in sorted(broken.items())}

    async def _rehearse(self, case: Case, target: Target) -> tuple[Sent, tuple[Ops, ...]]:
        """What comes of a case without a connection, and what the server does for it."""
        self._server.begin()
        sent = await Courier(target, self._server).send(case)
        return sent, tuple(self._server.ops)

    async def _send(self, target: Target, cases: Iterable[Case]) -> Evidence:
        every = tuple(cases)
        parts = await asyncio.gather(*(_sent(target, every[start::POOLS]) for start in range(POOLS)))
        return {name: sent for part in parts for name, sent in part.items()}

    def _judge(self, entry: Entry, evidence: Evidence) -> Verdict:
        return self._trial.bench(entry.provider).judge(entry, evidence)


async def _let_others_read() -> None:
    """Arrival times are evidence: no work of ours may hold the loop while the answers of other faults arrive."""
    await asyncio.sleep(0)


async def _sent(target: Target, cases: Sequence[Case]) -> Evidence:
    async with Wire(target.connections, target.deadlines) as wire:
        courier = Courier(target, wire)
        await courier.send_all(cases)
        return courier.evidence


def _chosen(known: Mapping[str, Fault], only: Sequence[str]) -> tuple[Fault, ...]:
    for name in only:
        if name not in known:
            raise ConfigError(f"--fault {name}", "no such fault", "see `wireproof faults`")
    return tuple(fault for name, fault in known.items() if not only or name in only)
