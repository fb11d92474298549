"""The short proof of one column: injects each fault only where an earlier matrix records a break.

The matrix only selects the verdicts to judge; each break is shown anew. A fault that the matrix lacks, and every legal
variant, is injected on all cases that it changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.faults import Fault
from wireproof.proof.column import ColumnProof
from wireproof.proof.fault_effect import (
    ChangedResult,
    FaultEffect,
    WatchedVerdict,
    effect_from_verdicts,
    join_effects,
)
from wireproof.proof.result import BrokenByProvider

# Fault → provider → check → the cases on which it broke.
EarlierMatrix = Mapping[str, BrokenByProvider]


@dataclass(frozen=True, slots=True)
class ColumnRecord:
    """The part of an earlier proof that one process shows anew.

    Attributes:
        matrix: the recorded breaks of the column.
        own_faults: the faults that the column has to catch.
        red: fault → the profile from which on it has to turn the gate red.
    """

    matrix: EarlierMatrix
    own_faults: Collection[str]
    red: Mapping[str, str]


class ShortProof:
    """The faults, checks and clauses of one column that are still to be proved.

    Attributes:
        open: the checks and the clauses that no fault has broken yet.
    """

    def __init__(self, column: ColumnProof, record: ColumnRecord, broken: Collection[str] = ()) -> None:
        """Sets up the proof.

        Args:
            broken: the checks and clauses that are already broken by a fault.
        """
        self._column, self._record = column, record
        by_position = {watched.position: watched for of_case in column.watched.values() for watched in of_case}
        self._watched: dict[tuple[str, str], list[WatchedVerdict]] = {}
        for watched in by_position.values():
            self._watched.setdefault((watched.planned.check, watched.planned.case), []).append(watched)
        self.open = {id for watched in by_position.values() for id in watched.check_and_clauses}.difference(broken)

    async def find_effects(self, chosen: Sequence[Fault], at_once: int) -> dict[str, FaultEffect]:
        """The effects of the chosen faults, as far as open checks and clauses need them.

        The faults that break the least come first, because no other fault may break the same. Faults of framing come
        last, up to `at_once` concurrently.
        """
        slots = asyncio.Semaphore(at_once)

        async def with_slot(fault: Fault) -> FaultEffect:
            async with slots:
                return await self._find_effect(fault)

        inward = sorted((fault for fault in chosen if fault.hooks.on_wire is None), key=self._break_count)
        framed = [fault for fault in chosen if fault.hooks.on_wire is not None]
        effects = {fault.id: await self._find_effect(fault) for fault in inward}
        effects |= zip([fault.id for fault in framed], await asyncio.gather(*map(with_slot, framed)), strict=True)
        return effects

    async def _find_effect(self, fault: Fault) -> FaultEffect:
        if fault.harmless or fault.id not in self._record.matrix:
            return self._mark_as_broken(self._column.find_effect(await self._column.changed_cases(fault), fault))
        results: dict[str, ChangedResult | None] = {}
        effect = FaultEffect({}, frozenset())
        for watched in self._recorded_verdicts(fault):
            to_catch = fault.id in self._record.own_faults and not effect.checks
            to_gate = self._is_to_gate(fault, effect, watched.planned)
            if to_catch or to_gate or not self.open.isdisjoint(watched.check_and_clauses):
                evidence = {}
                for _, name in watched.planned.cases:
                    if name not in results:
                        results[name] = await self._column.changed_case(fault, name)
                    result = results[name]
                    evidence[name] = result.sent if result else self._column.dry_results[name]
                judged = [(watched, self._column.judge(watched.planned, evidence))]
                found = self._mark_as_broken(effect_from_verdicts(fault, judged))
                if to_gate:
                    found = replace(found, gate=self._column.find_gate_effect(fault, judged, evidence))
                effect = join_effects(effect, found)
        profile = self._record.red.get(fault.id)
        if profile is not None and (effect.gate is None or not effect.gate.is_at_least(profile)):
            # No single verdict turned the gate red; all of them together may.
            return self._mark_as_broken(self._column.find_effect(await self._column.changed_cases(fault), fault))
        return effect

    def _is_to_gate(self, fault: Fault, effect: FaultEffect, planned: PlannedVerdict) -> bool:
        """True if the gate has to be red from a profile on, is not yet, and this verdict may turn it red."""
        profile = self._record.red.get(fault.id)
        if profile is None or (effect.gate is not None and effect.gate.is_at_least(profile)):
            return False
        return self._column.ordinary_run.may_gate(planned, profile)

    def _recorded_verdicts(self, fault: Fault) -> list[WatchedVerdict]:
        """The verdicts with a recorded break, those first that may turn the gate red."""
        recorded = [
            watched
            for check, cases in self._recorded_breaks(fault.id).items()
            for case in cases
            for watched in self._watched.get((check, case), ())
        ]
        nothing = FaultEffect({}, frozenset())
        return sorted(recorded, key=lambda watched: not self._is_to_gate(fault, nothing, watched.planned))

    def _recorded_breaks(self, fault: str) -> Mapping[str, list[str]]:
        return self._record.matrix.get(fault, {}).get(self._column.name, {})

    def _break_count(self, fault: Fault) -> int:
        return sum(map(len, self._recorded_breaks(fault.id).values()))

    def _mark_as_broken(self, effect: FaultEffect) -> FaultEffect:
        self.open.difference_update(effect.checks, effect.clauses)
        return effect


def one_case_per_check(record: EarlierMatrix, provider: str, fault: Fault) -> list[str]:
    """One recorded case for each check that a fault breaks."""
    return [cases[0] for cases in record.get(fault.id, {}).get(provider, {}).values()]
