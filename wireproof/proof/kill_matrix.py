"""Judging the judge: which fault breaks which judgement, computed on the bundled mock.

The faultless mock breaks nothing. Each fault is committed on every case it touches, and what it breaks is
compared with the verdicts of the faultless run. A check that no fault breaks is not a check.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from wireproof.contract import loading, target_options
from wireproof.contract.target import Deadlines
from wireproof.errors import ConfigError
from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import Fault, faults
from wireproof.proof.column import ColumnProof
from wireproof.proof.fault_effect import ChangedResult, FaultEffect, join_effects
from wireproof.proof.generated_proof import GeneratedProof, faults_for_generated
from wireproof.proof.member_faults import MemberEffect, prove_members
from wireproof.proof.result import Proof
from wireproof.proof.short_proof import EarlierMatrix, ShortProof, one_case_per_check
from wireproof.session import mock_process
from wireproof.session.target_run import TargetRun, open_target_run

# Faults that leave a connection open are told by the idle deadline, so it is short; the mock answers at once.
PROOF_DEADLINES = Deadlines(connect=5.0, first_byte=4.0, idle=3.0, total=15.0)
# Faults under way at once: most of their time is waiting for streams that have gaps, or hang.
FAULTS_AT_ONCE = 8
# What a record says of one column, and the faults that are to be caught there.
ColumnRecord = tuple[EarlierMatrix, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """What one provider's process found.

    Attributes:
        tolls: fault → what it broke.
        clauses: every clause the provider's own column judges.
        members: what the faults derived from the places of clauses broke.
    """

    tolls: dict[str, FaultEffect]
    alarms: list[str]
    clauses: tuple[str, ...]
    members: tuple[MemberEffect, ...]


def prove(providers: Sequence[str] = (), only: Sequence[str] = (), record: EarlierMatrix | None = None) -> Proof:
    """Commit each fault on the bundled mock and see what breaks; each provider has a process of its own.

    With the matrix of an earlier proof as the record, each fault is committed where that one saw it break something,
    and no further than it takes to show that each is caught and that each judgement can be broken.

    Raises ConfigError for a provider or a fault that does not exist.
    """
    chosen = _choose_faults(faults(), only)
    names = [target.name for target in target_options.mock_targets(*providers)]
    # The longest first, so that the processes end at about the same time.
    turns = sorted(names, key=lambda name: len(loading.load_clauses(name)), reverse=True)
    tasks = [(name, drawn) for name in turns for drawn in (False, True) if not drawn or _needs_generated(name, chosen)]
    shares = [None if record is None else _column_record(record, name, turns) for name, _ in tasks]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(zip(tasks, pool.map(_prove_column, tasks, [tuple(only)] * len(tasks), shares), strict=True))
    parts = [_merge_results([part for (one, _), part in found if one == name]) for name in names]
    sharp = [fault.id for fault in chosen if not fault.harmless]
    matrix = {
        fault: {
            name: part.tolls[fault].checks for name, part in zip(names, parts, strict=True) if part.tolls[fault].checks
        }
        for fault in sharp
    }
    return Proof(
        matrix,
        tuple(alarm for part in parts for alarm in part.alarms),
        tuple(sorted(load_checks())),
        {clause: breaking for part in parts for clause, breaking in _clauses_to_faults(part).items()},
        sum(len(part.members) for part in parts),
        tuple(stray for part in parts for member in part.members for stray in member.strays),
        whole=record is None,
    )


def _needs_generated(name: str, chosen: Sequence[Fault]) -> bool:
    """Whether a column has faults that requests of its own making are to show, which is a process of its own."""
    return name == loading.BASELINE_PROVIDER and bool(faults_for_generated(chosen))


def _merge_results(parts: Sequence[ColumnResult]) -> ColumnResult:
    """What was found of one column, where generated requests had a part of their own."""
    whole, *more = parts
    for part in more:
        tolls = whole.tolls | {fault: join_effects(whole.tolls[fault], toll) for fault, toll in part.tolls.items()}
        whole = replace(whole, tolls=tolls, alarms=whole.alarms + part.alarms)
    return whole


def _column_record(record: EarlierMatrix, name: str, turns: Sequence[str]) -> ColumnRecord:
    """What is recorded of a column, and the faults to be caught in it: those that no column with less to do catches."""
    own = {fault: {name: broken.get(name, {})} for fault, broken in record.items()}
    last = {fault: [one for one in turns if one in broken][-1:] for fault, broken in record.items()}
    return own, tuple(fault for fault in own if last[fault] == [name])


def _clauses_to_faults(part: ColumnResult) -> dict[str, tuple[str, ...]]:
    """Clause → the faults that break it, the one that breaks the fewest clauses of the column first."""
    broken = {fault: toll.clauses for fault, toll in part.tolls.items()}
    for member in part.members:  # one fault is committed anew for entries of other clauses
        broken[member.fault] = broken.get(member.fault, frozenset()) | member.clauses
    narrow = sorted(broken, key=lambda fault: (len(broken[fault]), fault))
    return {clause: tuple(fault for fault in narrow if clause in broken[fault]) for clause in part.clauses}


def _prove_column(task: tuple[str, bool], only: tuple[str, ...], share: ColumnRecord | None) -> ColumnResult:
    """What each fault breaks on one provider's profile, asked by cases or by requests that are drawn."""
    name, drawn = task
    # A short life with little to throw away: looking for cycles takes a tenth of it.
    gc.disable()
    known, chosen = loading.load_providers(), _choose_faults(faults(), only)
    (target,) = target_options.mock_targets(name)
    with mock_process.run_mock() as urls:
        target = replace(target_options.with_address(target, urls[name]), deadlines=PROOF_DEADLINES)
        trial = open_target_run(target, known, load_checks())
        return asyncio.run(
            _prove_by_generated(trial, chosen, share) if drawn else _prove_by_cases(trial, chosen, not only, share)
        )


async def _prove_by_cases(
    trial: TargetRun, chosen: Sequence[Fault], each_member: bool, share: ColumnRecord | None
) -> ColumnResult:
    stand = ColumnProof(trial)
    alarms = await stand.find_false_alarms()
    shown = await prove_members(stand) if each_member else ()
    if share is not None:
        broken = {clause for member in shown for clause in member.clauses}
        tolls = await ShortProof(stand, *share, broken).find_effects(chosen, FAULTS_AT_ONCE)
    else:
        tolls = {
            fault.id: stand.find_effect(touched, fault) async for fault, touched in results_by_fault(stand, chosen)
        }
    alarms += [
        f"{stand.name}: {fault.id} is within the rules, yet it breaks {', '.join(tolls[fault.id].checks)}"
        for fault in chosen
        if fault.harmless and tolls[fault.id].checks
    ]
    return ColumnResult(tolls, alarms, stand.clauses, shown)


async def _prove_by_generated(trial: TargetRun, chosen: Sequence[Fault], share: ColumnRecord | None) -> ColumnResult:
    drawn = GeneratedProof(trial)
    alarms = await drawn.find_false_alarms()
    tolls = {}
    for fault in faults_for_generated(chosen):
        entries = None if share is None else one_case_per_check(share[0], trial.target.name, fault)
        tolls[fault.id] = await drawn.find_effect(fault, entries)
    return ColumnResult(tolls, alarms, (), ())


async def results_by_fault(
    stand: ColumnProof, chosen: Sequence[Fault]
) -> AsyncIterator[tuple[Fault, Mapping[str, ChangedResult]]]:
    """Each fault with what comes of the cases that it touches.

    What needs the wire is sent first: deadlines pass and arrival times are evidence, so nothing else holds the loop
    while answers arrive.
    """
    framed = [fault for fault in chosen if fault.hooks.on_wire is not None]
    deeds = {fault.id: await stand.wire_ops_under(fault) for fault in framed}
    turns = asyncio.Semaphore(FAULTS_AT_ONCE)

    async def send_in_turn(fault: Fault) -> Mapping[str, ChangedResult]:
        async with turns:
            return await stand.over_sockets(fault, deeds[fault.id])

    over_the_wire = dict(zip(framed, await asyncio.gather(*map(send_in_turn, framed)), strict=True))
    for fault in chosen:
        yield fault, over_the_wire[fault] if fault in over_the_wire else await stand.changed_cases(fault)


def _choose_faults(known: Mapping[str, Fault], only: Sequence[str]) -> tuple[Fault, ...]:
    for name in only:
        if name not in known:
            raise ConfigError(f"--fault {name}", "no such fault", "see `wireproof faults`")
    return tuple(fault for name, fault in known.items() if not only or name in only)
