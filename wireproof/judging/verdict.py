"""A verdict: what one check says of one case on one target, by one contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.contract.clause import highest_level
from wireproof.contract.finding import Finding
from wireproof.judging.outcomes import OUTCOMES

# Fields of a verdict whose JSON form is made, or that only some verdicts have.
SPECIAL_FIELDS = frozenset({"clauses", "findings", "ignored", "replay"})


@dataclass(frozen=True, slots=True)
class ClauseVerdict:
    """What a verdict means for one clause it answers."""

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
    """The outcome of check × case × target, with every clause it answers.

    Attributes:
        provider: the contract judged by: the target's own or `openai`.
        case: the case's name; several joined by `+` where a check compares them.
        level: the highest level among the broken clauses of a `fail`, else among all.
        requirement: the check's own words.
        ignored: the members of the request that were accepted and, as the failure shows, not obeyed.
        replay: the command that asks the request again, where it was generated.
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
        """The JSON form, as it stands in report.json and the ledger."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in SPECIAL_FIELDS}
        clauses = [clause.as_data() for clause in self.clauses]
        findings = [{"expected": f.expected, "actual": f.actual, "where": f.where} for f in self.findings]
        again = {"replay": self.replay} if self.replay else {}
        return {**plain, "clauses": clauses, "findings": findings, "ignored": list(self.ignored), **again}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Verdict:
        """Read a verdict back from its JSON form."""
        clauses = tuple(ClauseVerdict(**clause) for clause in data["clauses"])
        findings = tuple(Finding(**finding) for finding in data["findings"])
        ignored = tuple(data.get("ignored", ()))
        return cls(**{**data, "clauses": clauses, "findings": findings, "ignored": ignored})

    def gates(self, level: str = "must") -> bool:
        """A broken promise that fails the run at this level."""
        return OUTCOMES[self.outcome].fails_run == "at its level" and highest_level((level, self.level)) == self.level


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a document's own word passes and OpenAI's fails on the same exchange."""

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
    """Each judgement of OpenAI's column that fails where the target's own column does not.

    Args:
        own: target name → the provider whose document is the target's own contract.
    """
    every = tuple(verdicts)
    kept = {(v.target, v.check, v.case): v.outcome for v in every if v.provider == own[v.target]}
    found = []
    for verdict in every:
        outcome = kept.get((verdict.target, verdict.check, verdict.case), "silent")
        if verdict.provider == own[verdict.target] or verdict.outcome != "fail" or outcome not in ("pass", "silent"):
            continue
        broken = tuple(clause.id for clause in verdict.clauses if clause.outcome == "fail")
        found.append(Divergence(verdict.target, verdict.check, verdict.case, outcome, broken, verdict.message))
    return tuple(found)
