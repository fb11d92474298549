"""Clauses: the testable statements of a document, and the checks that judge each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVELS = ("may", "should", "must")
# The name of the column of the rules on which any client relies, beside those of the documents.
WIRE = "wire"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One way to judge a clause.

    Attributes:
        check: id of the check.
        case: argument name → case name; a single case or a selector has the argument name `exchange`.
        level: must, should or may.
        at: JSON Pointer of the member that the clause is about, `*` for each element; None for the whole response.
        needs: means beyond those of the case.
    """

    check: str
    case: Mapping[str, str]
    level: str
    at: str | None = None
    needs: frozenset[str] = frozenset()

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Judgement:
        """Builds a judgement from an entry of `judged`."""
        case = data["case"]
        return cls(
            check=data["check"],
            case=dict(case) if isinstance(case, Mapping) else {"exchange": case},
            level=data["level"],
            at=data.get("at"),
            needs=frozenset(data.get("needs", ())),
        )


@dataclass(frozen=True, slots=True)
class Clause:
    """One testable statement of a document: judged, excluded with a reason, or pending.

    Attributes:
        place: section of the document.
        says: the statement.
        excluded: reason of the exclusion.
    """

    id: str
    place: str
    says: str
    authority: str
    basis: str
    judged: tuple[Judgement, ...] = ()
    needs: frozenset[str] = frozenset()
    excluded: str | None = None
    pending: bool = False

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Clause:
        """Builds a clause from a validated entry of clauses.yaml."""
        return cls(
            id=data["id"],
            place=data["place"],
            says=data["says"],
            authority=data["authority"],
            basis=data["basis"],
            judged=tuple(Judgement.from_data(entry) for entry in data.get("judged", ())),
            needs=frozenset(data.get("needs", ())),
            excluded=data.get("excluded"),
            pending=data.get("pending", False),
        )

    @property
    def state(self) -> str:
        """State of the clause: `judged`, `excluded` or `pending`."""
        if self.excluded:
            return "excluded"
        return "pending" if self.pending and not self.judged else "judged"


def highest_level(levels: tuple[str, ...]) -> str:
    """The highest of some levels; `may` if there is none."""
    return max(levels, key=LEVELS.index, default="may")
