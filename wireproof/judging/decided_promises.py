"""The promises of a document that a run decided, and the causes for which the others are open.

A promise is a judged clause of the document. It is decided if a verdict about it has a decided outcome (pass, noted or
fail) at the highest level at which the run judges it. A promise of which only a judgement of a lower level is decided
is open: that judgement is advice about a part of it. One verdict is enough, even if the clause is judged on many cases.
A clause that is excluded or pending has no judgement and is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from wireproof.contract.case import PROFILES, Case, is_generated
from wireproof.contract.clause import LEVELS, WIRE, Clause
from wireproof.judging.outcomes import DECIDED_OUTCOMES
from wireproof.judging.undecided_causes import CAUSES_BY_ID, UndecidedCause, cause_rank, find_cause
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import is_selector, selector_matches


@dataclass(frozen=True, slots=True)
class ClauseOutcome:
    """One outcome of a clause: that of a verdict, or the one that a plan expects.

    Attributes:
        reason: why the outcome decides nothing; any text for a decided one.
    """

    clause: str
    level: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """The open promises of one cause.

    Attributes:
        cause: id of the cause.
        clauses: ids of the clauses.
        options: the options that would decide them, each once.
    """

    cause: str
    clauses: tuple[str, ...]
    options: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The number of promises and their cause in words."""
        return CAUSES_BY_ID[self.cause].count_in_words(len(self.clauses))

    def text(self, most: int | None = None) -> str:
        """The words with the options that they do not name themselves.

        Args:
            most: the number of options that are named; None for all.
        """
        options = [option for option in self.options if option not in self.words]
        named = [*options[:most], *(["…"] if most is not None and len(options) > most else [])]
        return f"{self.words} ({', '.join(named)})" if named else self.words

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {"cause": self.cause, "clauses": list(self.clauses), "options": list(self.options)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> OpenGroup:
        """Reads a group from its JSON form."""
        return cls(data["cause"], tuple(data["clauses"]), tuple(data["options"]))


@dataclass(frozen=True, slots=True)
class DocumentPromises:
    """The promises of one document, as far as a run decided them on one target.

    Attributes:
        contract: the provider whose document it is, or `wire`.
        decided: ids of the decided clauses.
        open: the groups of open clauses, the largest first.
        excluded: the number of clauses that no check can judge; they are no part of `total`.
    """

    target: str
    contract: str
    decided: tuple[str, ...]
    open: tuple[OpenGroup, ...]
    excluded: int = 0

    @property
    def total(self) -> int:
        """The number of promises."""
        return len(self.decided) + sum(len(group.clauses) for group in self.open)

    @property
    def share(self) -> float:
        """The decided share; 1 for a document without promises."""
        return len(self.decided) / self.total if self.total else 1.0

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "target": self.target,
            "contract": self.contract,
            "total": self.total,
            "decided": list(self.decided),
            "open": [group.as_data() for group in self.open],
            "excluded": self.excluded,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> DocumentPromises:
        """Reads the promises from their JSON form."""
        groups = tuple(OpenGroup.from_data(group) for group in data["open"])
        return cls(data["target"], data["contract"], tuple(data["decided"]), groups, data["excluded"])


def clause_outcomes(verdicts: Iterable[Verdict]) -> Iterable[ClauseOutcome]:
    """The outcomes of the clauses of some verdicts."""
    return (
        ClauseOutcome(clause.id, clause.level, clause.outcome, verdict.message)
        for verdict in verdicts
        for clause in verdict.clauses
    )


def open_causes(outcomes: Iterable[ClauseOutcome]) -> dict[str, tuple[UndecidedCause, str] | None]:
    """Clause → the cause for which it is open, and the option that would decide it; None for a decided clause."""
    levels: dict[str, int] = {}
    reasons: dict[str, dict[tuple[str, str], None] | None] = {}
    for found in outcomes:
        level, known = LEVELS.index(found.level), levels.get(found.clause, -1)
        if level < known:
            continue
        if level > known:
            levels[found.clause], reasons[found.clause] = level, {}
        undecided = reasons[found.clause]
        if found.outcome in DECIDED_OUTCOMES:
            reasons[found.clause] = None
        elif undecided is not None:
            undecided[found.outcome, found.reason] = None
    return {clause: None if undecided is None else _nearest_cause(undecided) for clause, undecided in reasons.items()}


def _nearest_cause(undecided: Iterable[tuple[str, str]]) -> tuple[UndecidedCause, str]:
    causes = (find_cause(outcome, reason) for outcome, reason in undecided)
    return min(causes, key=lambda found: cause_rank(found[0]))


def document_promises(
    target: str,
    contract: str,
    outcomes: Iterable[ClauseOutcome],
    clauses: Sequence[Clause],
    unjudged: Mapping[str, str],
) -> DocumentPromises:
    """The promises of a document with the outcomes of its clauses.

    Args:
        clauses: the clauses of the document; those that are missing here and have an outcome are counted too.
        unjudged: clause → id of the cause for which it has no outcome; `not-selected` if it is missing here.
    """
    causes = open_causes(outcomes)
    judged = [clause.id for clause in clauses if clause.state == "judged"]
    groups: dict[str, tuple[list[str], dict[str, None]]] = {}
    decided = []
    for id in dict.fromkeys((*judged, *causes)):
        absent = CAUSES_BY_ID[unjudged.get(id, "not-selected")]
        found = causes.get(id, (absent, absent.option))
        if found is None:
            decided.append(id)
            continue
        cause, option = found
        ids, options = groups.setdefault(cause.id, ([], {}))
        ids.append(id)
        if option:
            options[option] = None
    open_groups = [OpenGroup(cause, tuple(ids), tuple(options)) for cause, (ids, options) in groups.items()]
    open_groups.sort(key=lambda group: -len(group.clauses))
    excluded = sum(clause.state == "excluded" for clause in clauses)
    return DocumentPromises(target, contract, tuple(decided), tuple(open_groups), excluded)


def causes_without_verdict(
    clauses: Iterable[Clause], cases: Mapping[str, Case], profile: str, *, complete: bool = True
) -> dict[str, str]:
    """Clause → id of the cause for which a run has no verdict about it.

    Args:
        complete: false if the run was cut off, so that verdicts are missing which were selected.
    """
    # Many clauses have the same selectors, each of which is held against every case.
    smallest = cache(partial(_smallest_profile, cases))
    judged = (clause for clause in clauses if clause.state == "judged")
    return {clause.id: _cause_of_absence(clause, smallest, profile, complete) for clause in judged}


def _cause_of_absence(clause: Clause, smallest: Callable[[str], int], profile: str, complete: bool) -> str:
    named = [tuple(judgement.case.values()) for judgement in clause.judged]
    asked = [names for names in named if not any(is_generated(name) for name in names)]
    if not asked:
        return "generated"
    profiles = [max(map(smallest, names)) for names in asked]
    if min(profiles) > PROFILES.index(profile):
        return f"profile-{PROFILES[min(profiles)]}"
    return "not-selected" if complete else "cut-off"


def _smallest_profile(cases: Mapping[str, Case], name: str) -> int:
    """The rank of the smallest profile that has a case of that name, or one that the selector matches."""
    matching = [case for case in cases.values() if selector_matches(name, case)] if is_selector(name) else [cases[name]]
    return min((PROFILES.index(case.profile) for case in matching), default=0)


def promises_of_run(
    verdicts: Iterable[Verdict],
    own: Mapping[str, str],
    clauses: Mapping[tuple[str, str], Sequence[Clause]],
    cases: Mapping[str, Case],
    profiles: Mapping[str, str],
    left_out: Mapping[tuple[str, str], Sequence[ClauseOutcome]] = MappingProxyType({}),
    *,
    complete: bool = True,
) -> tuple[DocumentPromises, ...]:
    """The promises of each target's own document, and those of the wire, for the targets that have a verdict.

    A run that was cut off may have no verdict of a target yet, so all its targets are listed.

    Args:
        own: target name → the provider whose document is its own contract.
        clauses: (target, contract) → the clauses by which the target is judged.
        profiles: target name → its profile.
        left_out: (target, contract) → the outcomes of the verdicts that the profile leaves out.
        complete: false if the run was cut off.
    """
    columns: dict[tuple[str, str], list[Verdict]] = {} if complete else {pair: [] for pair in own.items()}
    for verdict in verdicts:
        if verdict.provider in (own[verdict.target], WIRE):
            columns.setdefault((verdict.target, verdict.provider), []).append(verdict)
    targets = tuple(own)

    def place(column: tuple[tuple[str, str], list[Verdict]]) -> tuple[int, bool]:
        (target, contract), _ = column
        return targets.index(target), contract == WIRE

    found = []
    for column, judged in sorted(columns.items(), key=place):
        of_document, profile = clauses.get(column, ()), profiles.get(column[0], PROFILES[-1])
        absent = causes_without_verdict(of_document, cases, profile, complete=complete)
        outcomes = [*clause_outcomes(judged), *_left_out(judged, left_out.get(column, ()), absent)]
        found.append(document_promises(*column, outcomes, of_document, absent))
    return tuple(found)


def _left_out(
    judged: Iterable[Verdict], left_out: Iterable[ClauseOutcome], absent: Mapping[str, str]
) -> Iterable[ClauseOutcome]:
    """The left-out outcomes of clauses that the run judged, or could not judge at all in its profile.

    Of other clauses the run selected no case, which is then the cause.
    """
    told = {clause.id for verdict in judged for clause in verdict.clauses}
    return (one for one in left_out if one.clause in told or absent.get(one.clause, "").startswith("profile-"))
