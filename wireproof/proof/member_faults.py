"""The proof of each member clause: what is done to the member is told of the clauses that name its place, no other."""

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

# The check of a shape → the file of the shape, by what the endpoint is called.
SCHEMA_NAMES_BY_CHECK = {"schema.conforms": "{}.response", "schema.chunks": "{}.chunk", "schema.error": "error"}


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """A member that clauses name, with the entries that judge it in the same words."""

    check: str
    endpoint: str
    at: str
    entries: tuple[PlannedVerdict, ...]

    def fault(self, op: str) -> Fault:
        """The fault that commits one operation here."""
        return derive_fault(self.at, op, SCHEMA_NAMES_BY_CHECK[self.check].format(self.endpoint))


@dataclass(frozen=True, slots=True)
class MemberEffect:
    """What one operation at one place broke; `strays` are sentences on what was told of another place."""

    fault: str
    clauses: frozenset[str]
    strays: tuple[str, ...]


def find_member_places(stand: ColumnProof) -> Iterator[MemberPlace]:
    """Every place that a clause names on a check of shapes; entries of the same clauses stand for each other."""
    alike: dict[tuple[object, ...], list[PlannedVerdict]] = {}
    for entry in stand.passing:
        if entry.check in SCHEMA_NAMES_BY_CHECK:
            endpoint = stand.cases[entry.case].endpoint
            words = tuple((clause.id, judgement.at) for clause, judgement in entry.clauses)
            alike.setdefault((entry.check, endpoint, words), []).append(entry)
    for entries in alike.values():
        named = dict.fromkeys(judgement.at for _, judgement in entries[0].clauses if judgement.at is not None)
        check, endpoint = entries[0].check, stand.cases[entries[0].case].endpoint
        yield from (MemberPlace(check, endpoint, at, tuple(entries)) for at in named)


async def prove_members(stand: ColumnProof) -> tuple[MemberEffect, ...]:
    """Commit each operation at each place, on the first case whose answer it changes."""
    found = [
        await _prove_member(stand, place, op) for place in find_member_places(stand) for op in _operations(place.at)
    ]
    return tuple(member for member in found if member is not None)


async def _prove_member(stand: ColumnProof, place: MemberPlace, op: str) -> MemberEffect | None:
    fault = place.fault(op)
    for entry in place.entries:
        sent = await stand.result_under(fault, entry.case)
        verdict = None if sent is None else stand.judge(entry, {entry.case: sent})
        if verdict is None or verdict.outcome not in ("pass", "fail"):
            continue
        told = frozenset(attributed_clauses(entry, verdict))
        strays = tuple(_stray_sentences(place.at, op, told)) if verdict.outcome == "fail" else ()
        sentences = tuple(f"{stand.name} {fault.id} on {entry.case}: {stray} ({verdict.message})" for stray in strays)
        return MemberEffect(fault.id, frozenset(clause for clause, _ in told), sentences)
    return None


def _operations(at: str) -> Iterator[str]:
    """The operations that make sense at a place: what is left out of a list is a matter of the list."""
    element = at.rpartition("/")[2]
    yield from (op for op in EDITS_BY_OPERATION if op != "drop" or not (element == "*" or element.isdecimal()))


def _stray_sentences(at: str, op: str, told: frozenset[tuple[str, str | None]]) -> Iterator[str]:
    if op == "empty":  # what is empty is still of its type: it may make another rule apply, of another place
        return
    if op == "drop" and {place for _, place in told} == {at.rpartition("/")[0]}:  # one of several members lacks
        return
    yield from (
        f"{clause} is told, about {place or 'the whole'}" for clause, place in told if not _is_within(at, place)
    )
    if not any(place is not None and _is_within(place, at) and _is_within(at, place) for _, place in told):
        yield f"no clause about {at} is told"


def _is_within(at: str, place: str | None) -> bool:
    if place is None:
        return False
    wanted, given = json_pointer.parts(at), json_pointer.parts(place)
    return len(given) >= len(wanted) and all(w == g or "*" in (w, g) for w, g in zip(wanted, given, strict=False))
