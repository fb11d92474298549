"""The clause index as data and as lines."""

from __future__ import annotations

from typing import Any

from wireproof.clause import Clause, Judgement

STATES = ("judged", "excluded", "pending")


def clause_data(provider: str, clause: Clause) -> dict[str, Any]:
    """The JSON form of one clause."""
    data: dict[str, Any] = {
        "id": clause.id,
        "provider": provider,
        "place": clause.place,
        "says": clause.says,
        "authority": clause.authority,
        "basis": clause.basis,
        "judged": [_judgement(judgement) for judgement in clause.judged],
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
    """One line a person reads."""
    judged = ", ".join(f"{judgement.check}({'+'.join(judgement.case.values())})" for judgement in clause.judged)
    return f"{clause.id:<20} {clause.state:<8} {clause.says}" + (f"  [{judged}]" if judged else "")


def _judgement(judgement: Judgement) -> dict[str, Any]:
    plain = judgement.case.get("exchange")
    case: Any = plain if plain and len(judgement.case) == 1 else dict(judgement.case)
    data = {"check": judgement.check, "case": case, "level": judgement.level}
    return {**data, "at": judgement.at} if judgement.at else data
