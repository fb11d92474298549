"""Computes the kill matrix: the verdicts that each fault of the mock breaks.

The fault-free mock breaks no verdict. Each fault is injected on every case that it changes, and the verdicts are
compared with those on the fault-free mock. A check that no fault breaks proves nothing.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from wireproof.contract import data_files, loading, target_options
from wireproof.contract.case import PROFILES
from wireproof.contract.target import Deadlines
from wireproof.errors import ConfigError
from wireproof.judging.suite_loader import load_checks
from wireproof.mock.faults import Fault, faults
from wireproof.proof.column import ColumnProof
from wireproof.proof.excused_faults import unexplained
from wireproof.proof.fault_effect import ChangedResult, FaultEffect, join_effects
from wireproof.proof.gate_table import GateWords, find_weakened
from wireproof.proof.generated_proof import GeneratedProof, faults_for_generated
from wireproof.proof.member_faults import MemberEffect, prove_members
from wireproof.proof.result import Proof
from wireproof.proof.short_proof import ColumnRecord, EarlierMatrix, ShortProof, one_case_per_check
from wireproof.session import mock_process
from wireproof.session.own_suites import use_suites
from wireproof.session.target_run import TargetRun, open_target_run

# The idle deadline detects faults that leave a connection open. It is short, because the mock responds at once.
PROOF_DEADLINES = Deadlines(connect=5.0, first_byte=4.0, idle=3.0, total=15.0)
# Faults injected concurrently; most of their time is spent on streams that have gaps or hang.
FAULTS_AT_ONCE = 8
# A failed check leaves a cycle of exception and frames, which holds the answer; of so many faults they fill megabytes.
FAULTS_PER_COLLECTION = 20


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """The result of one process, for the own column of one provider.

    Attributes:
        effects: fault → its effect.
        alarms: false alarms, as sentences.
        clauses: the clauses that the column judges.
        members: the effects of the faults derived from the JSON Pointers of clauses.
    """

    effects: dict[str, FaultEffect]
    alarms: list[str]
    clauses: tuple[str, ...]
    members: tuple[MemberEffect, ...]


def prove(
    providers: Sequence[str] = (),
    only: Sequence[str] = (),
    record: EarlierMatrix | None = None,
    recorded_gates: GateWords | None = None,
) -> Proof:
    """Injects each fault into the mock and collects the verdicts that it breaks; each provider has its own process.

    With `record`, the matrix of an earlier proof, a fault is injected only on recorded cases. The proof stops when each
    fault is caught, each check and clause is broken, and each recorded red gate is red.

    Args:
        recorded_gates: the gates of an earlier proof, of which none may have become weaker.

    Raises ConfigError for a provider or a fault that does not exist.
    """
    chosen = _choose_faults(faults(), only)
    names = [target.name for target in target_options.mock_targets(*providers)]
    # The longest first, so that the processes end at about the same time.
    known = loading.load_providers()
    by_length = sorted(names, key=lambda name: len(loading.clauses_of(known[name])), reverse=True)
    tasks = [
        (name, drawn) for name in by_length for drawn in (False, True) if not drawn or _needs_generated(name, chosen)
    ]
    harmful = [fault.id for fault in chosen if not fault.harmless]
    recorded_gates = {fault: recorded_gates.get(fault, {}) for fault in harmful} if recorded_gates else {}
    records = [None if record is None else _column_record(record, recorded_gates, name, by_length) for name, _ in tasks]
    own = (data_files.own_suites(),)
    with ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=use_suites, initargs=own) as pool:
        results = list(zip(tasks, pool.map(_prove_column, tasks, [tuple(only)] * len(tasks), records), strict=True))
    parts = [_merge_results([part for (owner, _), part in results if owner == name]) for name in names]
    matrix = {
        fault: {
            name: part.effects[fault].checks
            for name, part in zip(names, parts, strict=True)
            if part.effects[fault].checks
        }
        for fault in harmful
    }
    gates = {
        fault: {name: gate for name, part in zip(names, parts, strict=True) if (gate := part.effects[fault].gate)}
        for fault in harmful
    }
    return Proof(
        matrix,
        gates,
        tuple(alarm for part in parts for alarm in part.alarms),
        tuple(sorted(load_checks())),
        _merge_clauses(parts),
        sum(len(part.members) for part in parts),
        tuple(stray for part in parts for member in part.members for stray in member.strays),
        unexplained(
            (fault, name, *verdict)
            for name, part in zip(names, parts, strict=True)
            for fault, effect in part.effects.items()
            for verdict in effect.excused
        ),
        whole=record is None,
        recorded_gates=recorded_gates,
        weakened=tuple(find_weakened(recorded_gates, gates, names, red_only=record is not None)),
        of_some=bool(providers or only),
    )


def _needs_generated(name: str, chosen: Sequence[Fault]) -> bool:
    """True if the column has faults that generated requests prove, which takes a process of its own."""
    return name == loading.BASELINE_PROVIDER and bool(faults_for_generated(chosen))


def _merge_results(parts: Sequence[ColumnResult]) -> ColumnResult:
    """Joins the results of one column: those by cases, and those by generated requests."""
    whole, *others = parts
    for part in others:
        joined = {fault: join_effects(whole.effects[fault], effect) for fault, effect in part.effects.items()}
        whole = replace(whole, effects=whole.effects | joined, alarms=whole.alarms + part.alarms)
    return whole


def _column_record(record: EarlierMatrix, gates: GateWords, name: str, by_length: Sequence[str]) -> ColumnRecord:
    """The recorded breaks of a column; it has to catch the faults that no shorter column catches."""
    own = {fault: {name: broken.get(name, {})} for fault, broken in record.items()}
    shortest = {fault: [one for one in by_length if one in broken][-1:] for fault, broken in record.items()}
    red = {fault: words[name] for fault, words in gates.items() if words.get(name) in PROFILES}
    return ColumnRecord(own, tuple(fault for fault in own if shortest[fault] == [name]), red)


def _merge_clauses(parts: Iterable[ColumnResult]) -> dict[str, tuple[str, ...]]:
    """Clause → the faults that break it; several columns may judge the same clause."""
    merged: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for clause, breaking in _clauses_to_faults(part).items():
            merged[clause] = tuple(dict.fromkeys((*merged.get(clause, ()), *breaking)))
    return merged


def _clauses_to_faults(part: ColumnResult) -> dict[str, tuple[str, ...]]:
    """Clause → the faults that break it, the one that breaks the fewest clauses of the column first."""
    broken = {fault: effect.clauses for fault, effect in part.effects.items()}
    for member in part.members:  # the same fault may be injected again for other clauses
        broken[member.fault] = broken.get(member.fault, frozenset()) | member.clauses
    narrowest_first = sorted(broken, key=lambda fault: (len(broken[fault]), fault))
    return {clause: tuple(fault for fault in narrowest_first if clause in broken[fault]) for clause in part.clauses}


def _prove_column(task: tuple[str, bool], only: tuple[str, ...], record: ColumnRecord | None) -> ColumnResult:
    """The effects of all faults on one provider, by cases or by generated requests."""
    name, drawn = task
    # Looking for cycles takes a tenth of the time of the process, so it is done now and then only.
    gc.disable()
    providers, chosen = loading.load_providers(), _choose_faults(faults(), only)
    (target,) = target_options.mock_targets(name)
    with mock_process.run_mock() as urls:
        target = replace(target_options.with_address(target, urls[name]), deadlines=PROOF_DEADLINES)
        target_run = open_target_run(target, providers, load_checks())
        if drawn:
            return asyncio.run(_prove_by_generated(target_run, chosen, record))
        return asyncio.run(_prove_by_cases(target_run, chosen, not only, record))


async def _prove_by_cases(
    target_run: TargetRun, chosen: Sequence[Fault], each_member: bool, record: ColumnRecord | None
) -> ColumnResult:
    column = ColumnProof(target_run)
    alarms = await column.find_false_alarms()
    members = await prove_members(column) if each_member else ()
    if record is not None:
        broken = {clause for member in members for clause in member.clauses}
        effects = await ShortProof(column, record, broken).find_effects(chosen, FAULTS_AT_ONCE)
    else:
        effects = await _find_effects(column, chosen)
    alarms += [
        f"{column.name}: {fault.id} is a legal variant, but it breaks {', '.join(effects[fault.id].checks)}"
        for fault in chosen
        if fault.harmless and effects[fault.id].checks
    ]
    return ColumnResult(effects, alarms, column.clauses, members)


async def _find_effects(column: ColumnProof, chosen: Sequence[Fault]) -> dict[str, FaultEffect]:
    """The effect of each fault, on all cases that it changes."""
    gc.freeze()  # the evidence of the fault-free server lives until the end
    effects: dict[str, FaultEffect] = {}
    async for fault, changed in results_by_fault(column, chosen):
        effects[fault.id] = column.find_effect(changed, fault)
        if len(effects) % FAULTS_PER_COLLECTION == 0:
            gc.collect()
    return effects


async def _prove_by_generated(
    target_run: TargetRun, chosen: Sequence[Fault], record: ColumnRecord | None
) -> ColumnResult:
    proof = GeneratedProof(target_run)
    alarms = await proof.find_false_alarms()
    effects = {}
    for fault in faults_for_generated(chosen):
        cases = None if record is None else one_case_per_check(record.matrix, target_run.target.name, fault)
        effects[fault.id] = await proof.find_effect(fault, cases)
    return ColumnResult(effects, alarms, (), ())


async def results_by_fault(
    column: ColumnProof, chosen: Sequence[Fault]
) -> AsyncIterator[tuple[Fault, Mapping[str, ChangedResult]]]:
    """Yields each fault with the results that it changes, by case.

    Cases that need sockets are sent first. Their arrival times are evidence, so nothing else may block the event loop
    meanwhile.
    """
    framed = [fault for fault in chosen if fault.hooks.on_wire is not None]
    ops_by_fault = {fault.id: await column.wire_ops_under(fault) for fault in framed}
    slots = asyncio.Semaphore(FAULTS_AT_ONCE)

    async def send_with_slot(fault: Fault) -> Mapping[str, ChangedResult]:
        async with slots:
            return await column.over_sockets(fault, ops_by_fault[fault.id])

    over_sockets = dict(zip(framed, await asyncio.gather(*map(send_with_slot, framed)), strict=True))
    for fault in chosen:
        yield fault, over_sockets.pop(fault) if fault in over_sockets else await column.changed_cases(fault)


def _choose_faults(catalogue: Mapping[str, Fault], only: Sequence[str]) -> tuple[Fault, ...]:
    for name in only:
        if name not in catalogue:
            raise ConfigError(f"--fault {name}", "no such fault", "see `wireproof faults`")
    return tuple(fault for name, fault in catalogue.items() if not only or name in only)
