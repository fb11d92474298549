"""Attribution: which clauses of a judgement its findings break."""

from __future__ import annotations

from wireproof.contract.clause import LEVELS, Clause, Judgement, highest_level
from wireproof.contract.finding import Finding
from wireproof.formats import json_pointer
from wireproof.judging.verdict import ClauseVerdict

CitedClauses = tuple[tuple[Clause, Judgement], ...]


def clause_verdicts(
    clauses: CitedClauses, outcome: str, findings: tuple[Finding, ...]
) -> tuple[tuple[ClauseVerdict, ...], str]:
    """What each clause comes to where the whole came to this outcome, and the highest level of those concerned."""
    concerned = _broken_positions(clauses, findings) if outcome == "fail" else frozenset(range(len(clauses)))
    each = (
        ClauseVerdict(clause.id, judged.level, clause.authority, clause.basis, outcome if at in concerned else "pass")
        for at, (clause, judged) in enumerate(clauses)
    )
    return tuple(each), highest_level(tuple(clauses[at][1].level for at in concerned))


def sort_by_level(clauses: CitedClauses, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings by the level of the clauses that each breaks: what gates is told first."""

    def weight(finding: Finding) -> int:
        return LEVELS.index(
            highest_level(tuple(clauses[at][1].level for at in _positions_about(clauses, finding.pointer)))
        )

    return tuple(sorted(findings, key=weight, reverse=True))


def _broken_positions(clauses: CitedClauses, findings: tuple[Finding, ...]) -> frozenset[int]:
    """The positions of the clauses that the findings break.

    Each finding breaks the clauses whose place fits its pointer most closely; a finding that fits none
    breaks the clauses about the whole; where there are none of those either, it breaks them all.
    """
    broken: set[int] = set()
    for finding in findings:
        broken |= _positions_about(clauses, finding.pointer)
    return frozenset(broken)


def _positions_about(clauses: CitedClauses, place: str | None) -> set[int]:
    fits = {
        at: len(json_pointer.parts(judgement.at))
        for at, (_, judgement) in enumerate(clauses)
        if place is not None and judgement.at is not None and json_pointer.matches(judgement.at, place)
    }
    if fits:
        return {at for at, depth in fits.items() if depth == max(fits.values())}
    whole = {at for at, (_, judgement) in enumerate(clauses) if judgement.at is None}
    return whole or set(range(len(clauses)))
