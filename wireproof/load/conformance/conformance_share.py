"""The conformance of a server under load: the counts of judged responses.

Responses are counted by the checks that they break and by the number of requests that were under way when each was
sent. The levels of the broken checks are looked up in the provider's clauses at the end of the run.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from wireproof.contract.case import Case
from wireproof.contract.clause import LEVELS, Clause, Judgement
from wireproof.contract.finding import Finding
from wireproof.contract.schemas import SchemaSet
from wireproof.contract.target import Target
from wireproof.contract.target_columns import document_column, wire_column
from wireproof.judging.judge import Judge
from wireproof.judging.verdict_plan import PlannedVerdict, is_selector, selector_matches
from wireproof.load.conformance import response_checks
from wireproof.load.conformance.response_judge import CHECK_ERROR, OWN_ANSWERS_CHECK, UNUSABLE_OUTCOMES, BrokenCheck
from wireproof.load.scenario import case_lookup

ALWAYS_MUST_CHECKS = frozenset({OWN_ANSWERS_CHECK, *map(str, UNUSABLE_OUTCOMES)})

# The parameters of a check that a single exchange can fill.
ONE_EXCHANGE = ({"exchange"}, {"exchanges"})


class BrokenPlaces(NamedTuple):
    """A check that a response breaks, and the JSON pointers at which it breaks it."""

    check: str
    places: tuple[str, ...]


class JudgementKey(NamedTuple):
    """The address of the counter of responses with the same judgement.

    Attributes:
        name: the name of the request.
        under_way: the power of two at or below the number of requests that were under way.
        broken: the checks that the responses break.
    """

    name: str
    under_way: int
    broken: tuple[BrokenPlaces, ...]


def judgement_key(name: str, under_way: int, breaches: Iterable[BrokenCheck]) -> JudgementKey:
    """The key under which a response is counted."""
    broken = tuple(sorted(BrokenPlaces(breach.check, breach.places) for breach in breaches))
    return JudgementKey(name, _concurrency_band(under_way), broken)


def judgements_to_rows(counts: Mapping[JudgementKey, int]) -> list[Any]:
    """The counters of judged responses as a worker reports them: the members of a key, then the number."""
    return [[*key, number] for key, number in counts.items()]


def judgements_from_rows(rows: Iterable[Any]) -> Counter[JudgementKey]:
    """The counters of judged responses that a worker reported."""
    return Counter(
        {
            JudgementKey(name, under_way, _broken_places_from_rows(broken)): number
            for name, under_way, broken, number in rows
        }
    )


def _broken_places_from_rows(rows: Iterable[Any]) -> tuple[BrokenPlaces, ...]:
    return tuple(BrokenPlaces(check, tuple(places)) for check, places in rows)


def _concurrency_band(under_way: int) -> int:
    """The power of two at or below a number of requests."""
    return 1 << max(0, under_way.bit_length() - 1)


def conformance_summary(counts: Mapping[JudgementKey, int], target: Target) -> dict[str, Any] | None:
    """Conformance in all and by concurrency, and the broken checks by level; None if nothing was judged."""
    bands: dict[int, Counter[str]] = defaultdict(Counter)
    broken: Counter[tuple[str, str, str]] = Counter()
    levels = LevelLookup(target)
    for (name, band, breaches), number in counts.items():
        levels_by_check = dict(levels.check_and_level(name, breach) for breach in breaches)
        bands[band]["judged"] += number
        bands[band]["conformant"] += number * ("must" not in levels_by_check.values())
        for check, level in levels_by_check.items():
            broken[name, check, level] += number
    if not bands:
        return None
    worst = sorted(broken.items(), key=lambda item: (-LEVELS.index(item[0][2]), -item[1], item[0]))
    return {
        **_conformance_row(sum(bands.values(), Counter())),
        "by_concurrency": [{"under_way": band, **_conformance_row(bands[band])} for band in sorted(bands)],
        "broken": [{"name": n, "check": c, "level": level, "answers": answers} for (n, c, level), answers in worst],
    }


def _conformance_row(row: Mapping[str, int]) -> dict[str, Any]:
    judged, conformant = row["judged"], row["conformant"]
    return {"judged": judged, "conformant": conformant, "share": conformant / judged if judged else None}


class LevelLookup:
    """The levels at which a provider's clauses require the checks that responses broke; read on first use."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @cached_property
    def _clause_judgements(self) -> list[tuple[Clause, Judgement]]:
        provider = self._target.provider
        columns = (wire_column(provider), document_column(provider))
        return [pair for column in columns for pair in column.judgements]

    @cached_property
    def _judge(self) -> Judge:
        provider = self._target.provider
        return Judge(self._target, provider, SchemaSet(provider.schemas), {}, {})

    def check_and_level(self, name: str, breach: BrokenPlaces) -> tuple[str, str]:
        """The check of a breach and its level: the highest that a clause sets for responses of this kind."""
        check, places = breach
        if check in ALWAYS_MUST_CHECKS:
            return check, "must"
        cited = [
            (clause, judgement)
            for clause, judgement in self._clause_judgements
            if judgement.check == check and set(judgement.case) in ONE_EXCHANGE
        ]
        (case,) = case_lookup.find_cases([name]).values()
        applicable = [
            (clause, judgement)
            for clause, judgement in cited
            if any(self._applies_to(selector, case) for selector in judgement.case.values())
        ] or cited
        if check == CHECK_ERROR or not applicable:
            return check, "may"
        planned = PlannedVerdict(
            self._target.name, self._target.provider.name, check, (("exchange", name),), tuple(applicable)
        )
        findings = tuple(Finding("", "", place, place or None) for place in places or ("",))
        (check_function,) = response_checks.find_checks((check,))
        return check, self._judge.build_verdict(planned, check_function, "fail", "", findings).level

    def _applies_to(self, selector: str, case: Case) -> bool:
        """True if a clause for a case, or for a kind of cases, applies to responses to this case."""
        if is_selector(selector):
            return selector_matches(selector, case)
        other = case_lookup.find_cases([selector]).get(selector)
        return other is not None and (other.endpoint, other.kind) == (case.endpoint, case.kind)
