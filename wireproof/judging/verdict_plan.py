"""The docket of a target: which checks judge which cases by which contract, as the clause indexes say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from wireproof.contract.case import Case, is_generated
from wireproof.contract.clause import Clause, Judgement, highest_level
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target
from wireproof.errors import ConfigError

# Argument name → case name, in pairs.
CaseArguments = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PlannedVerdict:
    """One thing to judge: a check on its case or cases, with every clause that asks for it.

    Attributes:
        provider: the contract judged by.
        cases: argument name → case name.
    """

    target: str
    provider: str
    check: str
    cases: tuple[tuple[str, str], ...]
    clauses: tuple[tuple[Clause, Judgement], ...]

    @cached_property
    def case(self) -> str:
        """The case's name; several joined by `+`."""
        return "+".join(name for _, name in self.cases)

    @property
    def area(self) -> str:
        """The area of the check: what stands before the dot of its id."""
        return self.check.partition(".")[0]

    @cached_property
    def needs(self) -> frozenset[str]:
        """The means that every clause of the entry asks for."""
        return frozenset.intersection(*(clause.needs | judgement.needs for clause, judgement in self.clauses))

    @cached_property
    def level(self) -> str:
        """The level at which the entry gates, should all its clauses break."""
        return highest_level(tuple(judgement.level for _, judgement in self.clauses))

    @property
    def id(self) -> str:
        """The name in brackets of the node id: target, contract where it is not the target's own, case."""
        column = self.target if self.target == self.provider else f"{self.target}-as-{self.provider}"
        return f"{column}-{self.case}"


def plan_verdicts(
    target: Target,
    provider: Provider,
    clauses: Iterable[Clause],
    cases: Mapping[str, Case],
    drawn: Collection[str] = (),
) -> tuple[PlannedVerdict, ...]:
    """Every entry of one column: the target judged by one provider's clauses.

    Args:
        drawn: the generated cases of the column, over which selectors of such range.

    Raises ConfigError for a clause that names a case that does not exist.
    """
    judged = [(clause, judgement) for clause in clauses for judgement in clause.judged]
    ranges = SelectorIndex(named_cases(judged, cases, provider), drawn)
    grouped: dict[tuple[str, CaseArguments], list[tuple[Clause, Judgement]]] = {}
    for clause, judgement in judged:
        for named in ranges.cases_for(judgement):
            grouped.setdefault((judgement.check, named), []).append((clause, judgement))
    return tuple(
        PlannedVerdict(target.name, provider.name, check, named, tuple(by)) for (check, named), by in grouped.items()
    )


def selector_matches(selector: str, case: Case) -> bool:
    """Whether a selector (`*`, `*:stream`, `chat:*`, `chat:refusal`) names a case."""
    endpoint, _, kind = selector.partition(":")
    return endpoint in ("*", case.endpoint) and kind in ("", "*", case.kind)


def is_selector(name: str) -> bool:
    """Whether a judgement's case names a kind of cases instead of one."""
    return name == "*" or (":" in name and not is_generated(name))


def named_cases(
    judged: Iterable[tuple[Clause, Judgement]], cases: Mapping[str, Case], provider: Provider
) -> dict[str, Case]:
    """The cases that the index names one by one; selectors range over these."""
    cited: dict[str, Case] = {}
    for clause, judgement in judged:
        for name in judgement.case.values():
            if is_selector(name) or is_generated(name):
                continue
            if name not in cases:
                where = f"schemas/{provider.schemas}/clauses.yaml, {clause.id}"
                raise ConfigError(where, f"no case is called {name!r}", "name a case of suites/*/cases.yaml")
            cited[name] = cases[name]
    return cited


class SelectorIndex:
    """What selectors range over, each looked up once."""

    def __init__(self, cited: Mapping[str, Case], drawn: Collection[str]) -> None:
        self._cited, self._drawn = cited, drawn
        self._known: dict[str, tuple[CaseArguments, ...]] = {}

    def cases_for(self, judgement: Judgement) -> tuple[CaseArguments, ...]:
        """The cases that a judgement names, each way by argument."""
        selector = judgement.case.get("exchange", "")
        if not (is_selector(selector) or is_generated(selector)):
            return (tuple(judgement.case.items()),)
        if selector not in self._known:
            self._known[selector] = tuple((("exchange", name),) for name in self._matching_names(selector))
        return self._known[selector]

    def _matching_names(self, selector: str) -> Iterable[str]:
        if is_generated(selector):
            return (name for name in self._drawn if fnmatchcase(name, selector))
        return (name for name, case in self._cited.items() if selector_matches(selector, case))
