"""The verdict plan of a target: the checks that judge its cases by each contract, from the clause indexes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from wireproof.contract.case import PROFILES, Case, is_generated
from wireproof.contract.clause import WIRE, Clause, Judgement, highest_level
from wireproof.contract.target import Target
from wireproof.contract.target_columns import Column
from wireproof.errors import ConfigError

# Argument name → case name, in pairs.
CaseArguments = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PlannedVerdict:
    """One verdict to reach: a check on its case or cases, with every clause that cites it.

    Attributes:
        provider: the name of the column: the provider whose document judges, or `wire`.
        cases: (argument of the check, name of the case) pairs.
    """

    target: str
    provider: str
    check: str
    cases: tuple[tuple[str, str], ...]
    clauses: tuple[tuple[Clause, Judgement], ...]

    @cached_property
    def case(self) -> str:
        """The name of the case; several joined by `+`."""
        return "+".join(name for _, name in self.cases)

    @property
    def area(self) -> str:
        """The area of the check, which is the part of its id before the dot."""
        return self.check.partition(".")[0]

    @cached_property
    def needs(self) -> frozenset[str]:
        """The means that every clause needs; without them none can be judged."""
        return frozenset.intersection(*(clause.needs | judgement.needs for clause, judgement in self.clauses))

    @cached_property
    def level(self) -> str:
        """The level of the failure that breaks all clauses."""
        return highest_level(tuple(judgement.level for _, judgement in self.clauses))

    @cached_property
    def level_by_name(self) -> str:
        """The level of the clauses that name the case; `may` if selectors alone cite it.

        A selector cites a rule about the form of every answer, and promises no answer to this case.
        """
        return highest_level(tuple(judgement.level for judgement in self._judgements_by_name))

    def profile(self, cases: Mapping[str, Case]) -> str:
        """The smallest profile that sends all its cases; generated cases belong to every profile."""
        ranks = (PROFILES.index(cases[name].profile) for _, name in self.cases if name in cases)
        return PROFILES[max(ranks, default=0)]

    @property
    def is_cited_by_selectors(self) -> bool:
        """True if no clause names the case."""
        return not self._judgements_by_name

    @property
    def _judgements_by_name(self) -> tuple[Judgement, ...]:
        judgements = (judgement for _, judgement in self.clauses)
        return tuple(j for j in judgements if not any(map(is_selector, j.case.values())))

    @property
    def id(self) -> str:
        """The text in brackets of the pytest node id: target, contract if it is not the target's own, case."""
        column = self.target if self.target == self.provider else f"{self.target}-as-{self.provider}"
        return f"{column}-{self.case}"


def plan_columns(
    target: Target, columns: Sequence[Column], cases: Mapping[str, Case], drawn: Collection[str] = ()
) -> tuple[PlannedVerdict, ...]:
    """Plans the verdicts of all columns of a target, the wire's first.

    Args:
        columns: the columns of the target, its own document's first.
        drawn: the names of the generated cases, which the column of the own document judges.

    Raises ConfigError if a clause names a case that does not exist.
    """
    planned: list[PlannedVerdict] = []
    for column in columns:
        if column.name == WIRE:
            planned[:0] = plan_wire_verdicts(target, column, cases, _sent_cases(columns, cases))
        else:
            planned += plan_verdicts(target, column, cases, drawn if column is columns[0] else ())
    return tuple(planned)


def _sent_cases(columns: Sequence[Column], cases: Mapping[str, Case]) -> dict[str, Case]:
    """The cases that are sent to a target: those of its own document, and others that need no further means."""
    own, *others = columns
    named = {
        name: case
        for column in others
        for name, case in named_cases(column.judgements, cases, column).items()
        if not case.means
    }
    return named | named_cases(own.judgements, cases, own)


def plan_verdicts(
    target: Target, column: Column, cases: Mapping[str, Case], drawn: Collection[str] = ()
) -> tuple[PlannedVerdict, ...]:
    """Plans the verdicts of the column of a document.

    Args:
        drawn: the names of the column's generated cases, which selectors of generated cases match.

    Raises ConfigError if a clause names a case that does not exist.
    """
    judged = column.judgements
    return _group_verdicts(target, column, judged, SelectorIndex(named_cases(judged, cases, column), drawn))


def plan_wire_verdicts(
    target: Target, column: Column, cases: Mapping[str, Case], sent: Mapping[str, Case]
) -> tuple[PlannedVerdict, ...]:
    """Plans the verdicts of the wire, on every case whose endpoint and feature the provider offers.

    Args:
        sent: the cases that are sent to the target, which selectors match.

    Raises ConfigError if a clause names a case that does not exist.
    """
    judged, provider = column.judgements, column.provider
    selectors = SelectorIndex({**sent, **named_cases(judged, cases, column)}, ())
    planned = _group_verdicts(target, column, judged, selectors)
    return tuple(
        verdict
        for verdict in planned
        if all(
            cases[name].endpoint in provider.endpoints and provider.offers(*cases[name].features)
            for _, name in verdict.cases
        )
    )


def _group_verdicts(
    target: Target, column: Column, judged: Iterable[tuple[Clause, Judgement]], selectors: SelectorIndex
) -> tuple[PlannedVerdict, ...]:
    """One planned verdict for each check with its cases, with every clause that cites it."""
    grouped: dict[tuple[str, CaseArguments], list[tuple[Clause, Judgement]]] = {}
    for clause, judgement in judged:
        for arguments in selectors.cases_for(judgement):
            grouped.setdefault((judgement.check, arguments), []).append((clause, judgement))
    return tuple(
        PlannedVerdict(target.name, column.name, check, arguments, tuple(citing))
        for (check, arguments), citing in grouped.items()
    )


def selector_matches(selector: str, case: Case) -> bool:
    """True if a selector (`*`, `*:stream`, `chat:*`, `chat:refusal`) matches a case."""
    endpoint, _, kind = selector.partition(":")
    return endpoint in ("*", case.endpoint) and kind in ("", "*", case.kind)


def is_selector(name: str) -> bool:
    """True if a name selects a kind of cases instead of one case."""
    return name == "*" or (":" in name and not is_generated(name))


def named_cases(
    judged: Iterable[tuple[Clause, Judgement]], cases: Mapping[str, Case], column: Column
) -> dict[str, Case]:
    """The cases that clauses name one by one, which are those that selectors can match.

    Raises ConfigError if a clause names a case that does not exist.
    """
    cited: dict[str, Case] = {}
    for clause, judgement in judged:
        for name in judgement.case.values():
            if is_selector(name) or is_generated(name):
                continue
            if name not in cases:
                where = f"schemas/{column.folder}/clauses.yaml, {clause.id}"
                raise ConfigError(where, f"no case is called {name!r}", "name a case of suites/*/cases.yaml")
            cited[name] = cases[name]
    return cited


class SelectorIndex:
    """The cases that each selector matches, looked up once per selector."""

    def __init__(self, cited: Mapping[str, Case], drawn: Collection[str]) -> None:
        self._cited, self._drawn = cited, drawn
        self._by_selector: dict[str, tuple[CaseArguments, ...]] = {}

    def cases_for(self, judgement: Judgement) -> tuple[CaseArguments, ...]:
        """The cases of a judgement, one set of arguments for each verdict it needs."""
        selector = judgement.case.get("exchange", "")
        if not (is_selector(selector) or is_generated(selector)):
            return (tuple(judgement.case.items()),)
        if selector not in self._by_selector:
            self._by_selector[selector] = tuple((("exchange", name),) for name in self._matching_names(selector))
        return self._by_selector[selector]

    def _matching_names(self, selector: str) -> Iterable[str]:
        if is_generated(selector):
            return (name for name in self._drawn if fnmatchcase(name, selector))
        return (name for name, case in self._cited.items() if selector_matches(selector, case))
