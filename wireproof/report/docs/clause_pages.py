"""The clause index as data, as lines of text, and as the pages of docs/clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from wireproof.contract.clause import Clause, Judgement, highest_level
from wireproof.formats.markdown_table import text_table

CLAUSE_STATES = ("judged", "excluded", "pending")
CLAUSE_COLUMNS = ("clause", "says", "place", "basis", "level", "judged by")


def clause_data(provider: str, clause: Clause) -> dict[str, Any]:
    """The JSON form of one clause."""
    data: dict[str, Any] = {
        "id": clause.id,
        "provider": provider,
        "place": clause.place,
        "says": clause.says,
        "authority": clause.authority,
        "basis": clause.basis,
        "judged": [_judgement_data(judgement) for judgement in clause.judged],
    }
    needs = clause.needs.union(*(judgement.needs for judgement in clause.judged))
    if needs:
        data["needs"] = sorted(needs)
    if clause.excluded:
        data["excluded"] = clause.excluded
    if clause.pending:
        data["pending"] = True
    return data


def clause_line(provider: str, clause: Clause) -> str:
    """One clause as a line of text."""
    judged = ", ".join(f"{judgement.check}({'+'.join(judgement.case.values())})" for judgement in clause.judged)
    return f"{clause.id:<20} {clause.state:<8} {clause.says}" + (f"  [{judged}]" if judged else "")


def _judgement_data(judgement: Judgement) -> dict[str, Any]:
    plain = judgement.case.get("exchange")
    case: Any = plain if plain and len(judgement.case) == 1 else dict(judgement.case)
    data = {"check": judgement.check, "case": case, "level": judgement.level}
    return {**data, "at": judgement.at} if judgement.at else data


def clause_page(title: str, source: str, folder: str, clauses: Sequence[Clause]) -> str:
    """The index of one document as a Markdown page: every clause with its place, level, checks and cases.

    Args:
        source: the document, or the standards.
        folder: the folder of the index below schemas/.
    """
    counted = count_states(clauses)
    lines = [
        f"# {title}: {len(clauses)} clauses",
        "",
        f"Source: {source}. {counted}.",
        "",
        f"Made by `wireproof clauses --write docs/clauses` from schemas/{folder}/clauses.yaml. Each check is",
        "followed by the cases that it judges; `at` is the JSON Pointer of the member that the clause is about.",
    ]
    for area, group in groupby(clauses, lambda clause: clause.id.rpartition("-")[0]):
        lines += ["", f"## {area}", "", *text_table(CLAUSE_COLUMNS, map(_clause_row, group))]
    return "\n".join(lines) + "\n"


def count_states(clauses: Iterable[Clause]) -> str:
    """The numbers of clauses judged, excluded and pending, in words."""
    counted = Counter(clause.state for clause in clauses)
    return ", ".join(f"{counted[state]} {state}" for state in CLAUSE_STATES)


def _clause_row(clause: Clause) -> tuple[str, ...]:
    basis = clause.basis if clause.authority == "document" else f"{clause.authority}, {clause.basis}"
    level = highest_level(tuple(judgement.level for judgement in clause.judged)) if clause.judged else ""
    return clause.id, clause.says, clause.place, basis, level, _judgements_cell(clause)


def _judgements_cell(clause: Clause) -> str:
    if clause.excluded:
        return f"excluded: {clause.excluded}"
    if clause.pending:
        return "pending"
    by_check = groupby(clause.judged, lambda judgement: (judgement.check, judgement.at))
    return "; ".join(
        f"`{check}`{f' at `{at}`' if at else ''} ({', '.join(map(_cases_text, group))})"
        for (check, at), group in by_check
    )


def _cases_text(judgement: Judgement) -> str:
    return f"`{'+'.join(judgement.case.values())}`"
