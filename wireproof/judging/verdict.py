"""A verdict: the result of one check on one case of one target, by one contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.contract.clause import WIRE, highest_level
from wireproof.contract.finding import Finding
from wireproof.judging.outcomes import OUTCOMES

# Fields of a verdict with a JSON form of their own, or that only some verdicts have.
SPECIAL_VERDICT_FIELDS = frozenset({"clauses", "findings", "ignored", "replay"})


@dataclass(frozen=True, slots=True)
class ClauseVerdict:
    """The outcome of a verdict for one of its clauses."""

    id: str
    level: str
    authority: str
    basis: str
    outcome: str

    def as_data(self) -> dict[str, str]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check on a case of a target, with every clause that it judges.

    Attributes:
        provider: the column judged by: the target's own document, `openai`, or `wire`.
        case: the name of the case; several joined by `+` if the check compares them.
        area: the area of the check, which is the part of its id before the dot.
        level: the highest level among the broken clauses of a `fail`, else among all.
        requirement: the requirement of the check.
        message: the failure or the reason in one sentence; empty for a plain pass.
        ignored: the request members that the target accepted and, as the failure proves, ignored.
        replay: the command that sends a generated request again; empty for other verdicts.
    """

    target: str
    provider: str
    check: str
    case: str
    area: str
    outcome: str
    level: str
    clauses: tuple[ClauseVerdict, ...]
    requirement: str
    message: str = ""
    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()
    replay: str = ""

    def as_data(self) -> dict[str, Any]:
        """The JSON form of report.json and of the ledger."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in SPECIAL_VERDICT_FIELDS}
        clauses = [clause.as_data() for clause in self.clauses]
        findings = [{"expected": f.expected, "actual": f.actual, "where": f.where} for f in self.findings]
        replay = {"replay": self.replay} if self.replay else {}
        return {**plain, "clauses": clauses, "findings": findings, "ignored": list(self.ignored), **replay}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Verdict:
        """Reads a verdict from its JSON form."""
        clauses = tuple(ClauseVerdict(**clause) for clause in data["clauses"])
        findings = tuple(Finding(**finding) for finding in data["findings"])
        ignored = tuple(data.get("ignored", ()))
        return cls(**{**data, "clauses": clauses, "findings": findings, "ignored": ignored})

    def gates(self, level: str = "must") -> bool:
        """True for a broken promise that fails the run at this level."""
        return OUTCOMES[self.outcome].fails_run == "at its level" and highest_level((level, self.level)) == self.level


@dataclass(frozen=True, slots=True)
class Divergence:
    """A check that passes by the target's own document and fails by OpenAI's on the same exchange.

    Attributes:
        own: the outcome in the target's own column; `silent` if it does not judge this.
        openai: ids of OpenAI's broken clauses.
    """

    target: str
    check: str
    case: str
    own: str
    openai: tuple[str, ...]
    message: str

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


def find_divergences(verdicts: Iterable[Verdict], own: Mapping[str, str]) -> tuple[Divergence, ...]:
    """The failures of OpenAI's column that pass, or are not judged, in the target's own column.

    Args:
        own: target name → the provider whose document is the target's own contract.
    """
    every = tuple(verdicts)
    own_outcomes = {(v.target, v.check, v.case): v.outcome for v in every if v.provider == own[v.target]}
    divergences = []
    for verdict in every:
        outcome = own_outcomes.get((verdict.target, verdict.check, verdict.case), "silent")
        is_second_document = verdict.provider not in (own[verdict.target], WIRE)
        if not is_second_document or verdict.outcome != "fail" or outcome not in ("pass", "silent"):
            continue
        broken = tuple(clause.id for clause in verdict.clauses if clause.outcome == "fail")
        divergences.append(Divergence(verdict.target, verdict.check, verdict.case, outcome, broken, verdict.message))
    return tuple(divergences)
