"""Attribution: maps the findings of a judgement to the clauses that they break."""

from __future__ import annotations

from wireproof.contract.clause import LEVELS, Clause, Judgement, highest_level
from wireproof.contract.finding import Finding
from wireproof.formats import json_pointer
from wireproof.judging.verdict import ClauseVerdict

CitedClauses = tuple[tuple[Clause, Judgement], ...]


def clause_verdicts(
    clauses: CitedClauses, outcome: str, findings: tuple[Finding, ...]
) -> tuple[tuple[ClauseVerdict, ...], str]:
    """The verdict for each clause, and the highest level of the clauses that the outcome concerns.

    A failure concerns the clauses that its findings break, and the others pass; any other outcome concerns all.
    """
    concerned = _broken_positions(clauses, findings) if outcome == "fail" else frozenset(range(len(clauses)))
    verdicts = (
        ClauseVerdict(clause.id, judged.level, clause.authority, clause.basis, outcome if at in concerned else "pass")
        for at, (clause, judged) in enumerate(clauses)
    )
    return tuple(verdicts), highest_level(tuple(clauses[at][1].level for at in concerned))


def sort_by_level(clauses: CitedClauses, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Sorts the findings by the level of the clauses that each breaks, highest first."""

    def weight(finding: Finding) -> int:
        return LEVELS.index(
            highest_level(tuple(clauses[at][1].level for at in _positions_about(clauses, finding.pointer)))
        )

    return tuple(sorted(findings, key=weight, reverse=True))


def _broken_positions(clauses: CitedClauses, findings: tuple[Finding, ...]) -> frozenset[int]:
    """The positions of the clauses that the findings break.

    Each finding breaks the clauses with the longest pointer that matches its own. A finding without a match breaks
    the clauses that have no pointer. If there are none of those either, it breaks all clauses.
    """
    broken: set[int] = set()
    for finding in findings:
        broken |= _positions_about(clauses, finding.pointer)
    return frozenset(broken)


def _positions_about(clauses: CitedClauses, place: str | None) -> set[int]:
    depths = {
        at: len(json_pointer.parts(judgement.at))
        for at, (_, judgement) in enumerate(clauses)
        if place is not None and judgement.at is not None and json_pointer.matches(judgement.at, place)
    }
    if depths:
        return {at for at, depth in depths.items() if depth == max(depths.values())}
    without_pointer = {at for at, (_, judgement) in enumerate(clauses) if judgement.at is None}
    return without_pointer or set(range(len(clauses)))
