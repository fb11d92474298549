"""The short proof of one column: each fault where a record says that it shows, each judgement until one breaks it.

The record is the matrix of a whole proof. It tells only where to look; that a fault breaks something there is shown
anew. What the rules allow is committed on every case that it touches, and so is a fault that is not in the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence

from wireproof.mock.faults import Fault
from wireproof.proof.column import ColumnProof
from wireproof.proof.fault_effect import ChangedResult, FaultEffect, JudgedEntry, effect_from_verdicts, join_effects
from wireproof.proof.result import BrokenByProvider

# Fault → provider → check → the cases on which it broke.
EarlierMatrix = Mapping[str, BrokenByProvider]


class ShortProof:
    """What is left to be shown of one column.

    Attributes:
        open: the checks and the clauses that no fault has broken yet.
    """

    def __init__(
        self, stand: ColumnProof, record: EarlierMatrix, mine: Collection[str], broken: Collection[str] = ()
    ) -> None:
        """Take the faults `mine` to be caught here, and checks and clauses that are `broken` already."""
        self._stand, self._record, self._mine = stand, record, mine
        self._dues = {(due.entry.check, due.entry.case): due for dues in stand.due.values() for due in dues}
        self.open = {word for due in self._dues.values() for word in due.check_and_clauses}.difference(broken)

    async def find_effects(self, chosen: Sequence[Fault], at_once: int) -> dict[str, FaultEffect]:
        """What each fault breaks, as far as that is asked; faults of framing at last, several under way at once.

        The faults that break the least come first: what they break may be broken by no other.
        """
        turns = asyncio.Semaphore(at_once)

        async def in_turn(fault: Fault) -> FaultEffect:
            async with turns:
                return await self._find_effect(fault)

        inward = sorted((fault for fault in chosen if fault.hooks.on_wire is None), key=self._break_count)
        framed = [fault for fault in chosen if fault.hooks.on_wire is not None]
        found = {fault.id: await self._find_effect(fault) for fault in inward}
        found |= zip([fault.id for fault in framed], await asyncio.gather(*map(in_turn, framed)), strict=True)
        return found

    async def _find_effect(self, fault: Fault) -> FaultEffect:
        if fault.harmless or fault.id not in self._record:
            return self._mark_as_broken(self._stand.find_effect(await self._stand.changed_cases(fault), fault))
        came: dict[str, ChangedResult | None] = {}
        toll = FaultEffect({}, frozenset())
        for due in self._recorded_entries(fault):
            sought = fault.id in self._mine and not toll.checks
            if sought or not self.open.isdisjoint(due.check_and_clauses):
                evidence = {}
                for _, name in due.entry.cases:
                    if name not in came:
                        came[name] = await self._stand.changed_case(fault, name)
                    touch = came[name]
                    evidence[name] = touch.sent if touch else self._stand.rehearsed[name]
                verdict = self._stand.judge(due.entry, evidence)
                toll = join_effects(toll, self._mark_as_broken(effect_from_verdicts(fault, [(due, verdict)])))
        return toll

    def _recorded_entries(self, fault: Fault) -> Iterator[JudgedEntry]:
        for check, cases in self._recorded_breaks(fault.id).items():
            yield from (self._dues[check, case] for case in cases if (check, case) in self._dues)

    def _recorded_breaks(self, fault: str) -> Mapping[str, list[str]]:
        return self._record.get(fault, {}).get(self._stand.name, {})

    def _break_count(self, fault: Fault) -> int:
        return sum(map(len, self._recorded_breaks(fault.id).values()))

    def _mark_as_broken(self, toll: FaultEffect) -> FaultEffect:
        self.open.difference_update(toll.checks, toll.clauses)
        return toll


def one_case_per_check(record: EarlierMatrix, provider: str, fault: Fault) -> list[str]:
    """Of the entries that a fault breaks, one for each check."""
    return [cases[0] for cases in record.get(fault.id, {}).get(provider, {}).values()]
