"""Proves the clauses about single members: a failure is attributed to the clauses about the edited member alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wireproof.formats import json_pointer
from wireproof.judging.verdict_plan import PlannedVerdict
from wireproof.mock.faults import derive_fault
from wireproof.mock.faults.fault import Fault
from wireproof.mock.faults.json_edits import EDITS_BY_OPERATION
from wireproof.proof.column import ColumnProof
from wireproof.proof.fault_effect import attributed_clauses

# The check of a shape → the name of the schema; `{}` is the endpoint.
SCHEMA_NAMES_BY_CHECK = {"schema.conforms": "{}.response", "schema.chunks": "{}.chunk", "schema.error": "error"}


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """A member that clauses name.

    Attributes:
        at: the JSON Pointer of the member.
        planned_verdicts: planned verdicts of the same clauses; each of them can prove the member.
    """

    check: str
    endpoint: str
    at: str
    planned_verdicts: tuple[PlannedVerdict, ...]

    def fault(self, op: str) -> Fault:
        """The fault that applies one operation to this member."""
        return derive_fault(self.at, op, SCHEMA_NAMES_BY_CHECK[self.check].format(self.endpoint))


@dataclass(frozen=True, slots=True)
class MemberEffect:
    """The effect of one operation on one member.

    Attributes:
        strays: failures attributed to a clause about another member, as sentences.
    """

    fault: str
    clauses: frozenset[str]
    strays: tuple[str, ...]


def find_member_places(column: ColumnProof) -> Iterator[MemberPlace]:
    """Every member that a clause names on a check of shapes, with the planned verdicts of the same clauses."""
    groups: dict[tuple[str, str, tuple[object, ...]], list[PlannedVerdict]] = {}
    for planned in column.passing:
        if planned.check in SCHEMA_NAMES_BY_CHECK:
            endpoint = column.cases[planned.case].endpoint
            clauses = tuple((clause.id, judgement.at) for clause, judgement in planned.clauses)
            groups.setdefault((planned.check, endpoint, clauses), []).append(planned)
    for (check, endpoint, _), group in groups.items():
        named = dict.fromkeys(judgement.at for _, judgement in group[0].clauses if judgement.at is not None)
        yield from (MemberPlace(check, endpoint, at, tuple(group)) for at in named)


async def prove_members(column: ColumnProof) -> tuple[MemberEffect, ...]:
    """Applies each operation to each member, on the first case whose response it changes."""
    effects = [
        await _prove_member(column, place, op) for place in find_member_places(column) for op in _operations(place.at)
    ]
    return tuple(effect for effect in effects if effect is not None)


async def _prove_member(column: ColumnProof, place: MemberPlace, op: str) -> MemberEffect | None:
    fault = place.fault(op)
    for planned in place.planned_verdicts:
        sent = await column.result_under(fault, planned.case)
        verdict = None if sent is None else column.judge(planned, {planned.case: sent})
        if verdict is None or verdict.outcome not in ("pass", "fail"):
            continue
        blamed = frozenset(attributed_clauses(planned, verdict))
        strays = tuple(_stray_sentences(place.at, op, blamed)) if verdict.outcome == "fail" else ()
        sentences = tuple(
            f"{column.name} {fault.id} on {planned.case}: {stray} ({verdict.message})" for stray in strays
        )
        return MemberEffect(fault.id, frozenset(clause for clause, _ in blamed), sentences)
    return None


def _operations(at: str) -> Iterator[str]:
    """The operations for a member; an element of an array is not dropped, because clauses allow shorter arrays."""
    element = at.rpartition("/")[2]
    yield from (op for op in EDITS_BY_OPERATION if op != "drop" or not (element == "*" or element.isdecimal()))


def _stray_sentences(at: str, op: str, blamed: frozenset[tuple[str, str | None]]) -> Iterator[str]:
    if op == "empty":  # an empty value has the right type, and may trigger a rule about another member
        return
    if op == "drop" and {place for _, place in blamed} == {at.rpartition("/")[0]}:  # a clause about the parent applies
        return
    yield from (
        f"{clause} fails, which is about {place or 'the whole body'}"
        for clause, place in blamed
        if not _is_within(at, place)
    )
    if not any(place is not None and _is_within(place, at) and _is_within(at, place) for _, place in blamed):
        yield f"no clause about {at} fails"


def _is_within(at: str, place: str | None) -> bool:
    if place is None:
        return False
    outer, inner = json_pointer.parts(at), json_pointer.parts(place)
    return len(inner) >= len(outer) and all(o == i or "*" in (o, i) for o, i in zip(outer, inner, strict=False))
