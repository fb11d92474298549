"""Whether a server under load still says what its document promises: the answers that were judged, counted.

Answers are counted by what they break and by how many requests were under way when each was sent; which of it is a
broken promise is looked up in the provider's clauses when the run is over, and only where something was broken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from wireproof.contract import loading
from wireproof.contract.case import Case
from wireproof.contract.clause import LEVELS, Clause, Judgement
from wireproof.contract.finding import Finding
from wireproof.contract.schemas import SchemaSet
from wireproof.contract.target import Target
from wireproof.judging.judge import Judge
from wireproof.judging.verdict_plan import PlannedVerdict, is_selector, selector_matches
from wireproof.load.conformance import response_checks
from wireproof.load.conformance.response_judge import CHECK_ERROR, OWN_ANSWERS_CHECK, UNUSABLE_OUTCOMES, BrokenCheck
from wireproof.load.scenario import case_lookup

ALWAYS_MUST_CHECKS = frozenset({OWN_ANSWERS_CHECK, *map(str, UNUSABLE_OUTCOMES)})


class BrokenPlaces(NamedTuple):
    """A check that an answer breaks, and the places of the answer that break it."""

    check: str
    places: tuple[str, ...]


class JudgementKey(NamedTuple):
    """The address of the counter of answers that were judged alike.

    Attributes:
        name: the name of the request.
        under_way: the power of two at or below the number of requests that were under way.
    """

    name: str
    under_way: int
    broken: tuple[BrokenPlaces, ...]


def judgement_key(name: str, flying: int, breaches: Iterable[BrokenCheck]) -> JudgementKey:
    """Under what an answer is counted; places of the same check stand together."""
    broken = tuple(sorted(BrokenPlaces(one.check, one.places) for one in breaches))
    return JudgementKey(name, _concurrency_band(flying), broken)


def judgements_to_rows(counts: Mapping[JudgementKey, int]) -> list[Any]:
    """The counters of judged answers as a worker reports them: the members of a key, then the number."""
    return [[*key, number] for key, number in counts.items()]


def judgements_from_rows(rows: Iterable[Any]) -> Counter[JudgementKey]:
    """The counters of judged answers that a worker reported."""
    return Counter(
        {
            JudgementKey(name, under_way, _broken_places_from_rows(broken)): number
            for name, under_way, broken, number in rows
        }
    )


def _broken_places_from_rows(rows: Iterable[Any]) -> tuple[BrokenPlaces, ...]:
    return tuple(BrokenPlaces(check, tuple(places)) for check, places in rows)


def _concurrency_band(flying: int) -> int:
    """The power of two at or below a number of requests."""
    return 1 << max(0, flying.bit_length() - 1)


def conformance_summary(counts: Mapping[JudgementKey, int], target: Target) -> dict[str, Any] | None:
    """Conformance in all and by concurrency, and what was broken at which level; None where nothing was judged."""
    bands: dict[int, Counter[str]] = defaultdict(Counter)
    broken: Counter[tuple[str, str, str]] = Counter()
    levels = LevelLookup(target)
    for (name, band, breaches), number in counts.items():
        found = dict(levels.check_and_level(name, one) for one in breaches)
        bands[band]["judged"] += number
        bands[band]["conformant"] += number * ("must" not in found.values())
        for check, level in found.items():
            broken[name, check, level] += number
    if not bands:
        return None
    worst = sorted(broken.items(), key=lambda item: (-LEVELS.index(item[0][2]), -item[1], item[0]))
    return {
        **_conformance_row(sum(bands.values(), Counter())),
        "by_concurrency": [{"under_way": band, **_conformance_row(bands[band])} for band in sorted(bands)],
        "broken": [{"name": n, "check": c, "level": level, "answers": many} for (n, c, level), many in worst],
    }


def _conformance_row(row: Mapping[str, int]) -> dict[str, Any]:
    judged, conformant = row["judged"], row["conformant"]
    return {"judged": judged, "conformant": conformant, "share": conformant / judged if judged else None}


class LevelLookup:
    """At which level a provider's document promises what an answer broke; read when it is first asked for."""

    def __init__(self, target: Target) -> None:
        self._target = target

    @cached_property
    def _clause_judgements(self) -> list[tuple[Clause, Judgement]]:
        clauses = loading.load_clauses(self._target.provider.schemas)
        return [(clause, judgement) for clause in clauses for judgement in clause.judged]

    @cached_property
    def _judge(self) -> Judge:
        provider = self._target.provider
        return Judge(self._target, provider, SchemaSet(provider.schemas), {}, {})

    def check_and_level(self, name: str, breach: BrokenPlaces) -> tuple[str, str]:
        """The check of a breach and its level: the highest that answers of this kind are held to."""
        check, places = breach
        if check in ALWAYS_MUST_CHECKS:
            return check, "must"
        cited = [one for one in self._clause_judgements if one[1].check == check and set(one[1].case) == {"exchange"}]
        (case,) = case_lookup.find_cases([name]).values()
        by = [one for one in cited if self._applies_to(one[1].case["exchange"], case)] or cited
        if check == CHECK_ERROR or not by:
            return check, "may"
        entry = PlannedVerdict(self._target.name, self._target.provider.name, check, (("exchange", name),), tuple(by))
        findings = tuple(Finding("", "", place, place or None) for place in places or ("",))
        (rule,) = response_checks.find_checks((check,))
        return check, self._judge.build_verdict(entry, rule, "fail", "", findings).level

    def _applies_to(self, named: str, case: Case) -> bool:
        """Whether a clause that names a case, or a kind of cases, speaks of answers like those to this one."""
        if is_selector(named):
            return selector_matches(named, case)
        other = case_lookup.find_cases([named]).get(named)
        return other is not None and (other.endpoint, other.kind) == (case.endpoint, case.kind)
