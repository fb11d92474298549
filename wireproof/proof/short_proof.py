"""The short proof of one column: injects each fault only where an earlier matrix records a break.

The matrix only selects the verdicts to judge; each break is shown anew. A fault that the matrix lacks, and every legal
variant, is injected on all cases that it changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence

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


class ShortProof:
    """The faults, checks and clauses of one column that are still to be proved.

    Attributes:
        open: the checks and the clauses that no fault has broken yet.
    """

    def __init__(
        self, column: ColumnProof, record: EarlierMatrix, own_faults: Collection[str], broken: Collection[str] = ()
    ) -> None:
        """Sets up the proof.

        Args:
            record: the earlier matrix.
            own_faults: ids of the faults that this column has to catch.
            broken: the checks and clauses that are already broken by a fault.
        """
        self._column, self._record, self._own_faults = column, record, own_faults
        self._watched = {
            (watched.planned.check, watched.planned.case): watched
            for of_case in column.watched.values()
            for watched in of_case
        }
        self.open = {id for watched in self._watched.values() for id in watched.check_and_clauses}.difference(broken)

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
        if fault.harmless or fault.id not in self._record:
            return self._mark_as_broken(self._column.find_effect(await self._column.changed_cases(fault), fault))
        results: dict[str, ChangedResult | None] = {}
        effect = FaultEffect({}, frozenset())
        for watched in self._recorded_verdicts(fault):
            to_catch = fault.id in self._own_faults and not effect.checks
            if to_catch or not self.open.isdisjoint(watched.check_and_clauses):
                evidence = {}
                for _, name in watched.planned.cases:
                    if name not in results:
                        results[name] = await self._column.changed_case(fault, name)
                    result = results[name]
                    evidence[name] = result.sent if result else self._column.dry_results[name]
                verdict = self._column.judge(watched.planned, evidence)
                effect = join_effects(effect, self._mark_as_broken(effect_from_verdicts(fault, [(watched, verdict)])))
        return effect

    def _recorded_verdicts(self, fault: Fault) -> Iterator[WatchedVerdict]:
        for check, cases in self._recorded_breaks(fault.id).items():
            yield from (self._watched[check, case] for case in cases if (check, case) in self._watched)

    def _recorded_breaks(self, fault: str) -> Mapping[str, list[str]]:
        return self._record.get(fault, {}).get(self._column.name, {})

    def _break_count(self, fault: Fault) -> int:
        return sum(map(len, self._recorded_breaks(fault.id).values()))

    def _mark_as_broken(self, effect: FaultEffect) -> FaultEffect:
        self.open.difference_update(effect.checks, effect.clauses)
        return effect


def one_case_per_check(record: EarlierMatrix, provider: str, fault: Fault) -> list[str]:
    """One recorded case for each check that a fault breaks."""
    return [cases[0] for cases in record.get(fault.id, {}).get(provider, {}).values()]
