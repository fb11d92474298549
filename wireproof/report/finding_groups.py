"""Groups the failed verdicts of a run by cause, and ranks the causes by what breaks clients first.

Every report and the terminal show these groups, so a verdict is told with the others of its cause, in one order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.contract.clause import LEVELS, WIRE
from wireproof.judging.outcomes import ERROR_OUTCOMES, RED_OUTCOMES
from wireproof.judging.verdict import Verdict

FAILS, ERROR, ADVICE = "fails", "error", "advice"
KINDS = (FAILS, ERROR, ADVICE)
# Areas in the order in which they break clients: bytes that no client can read, then values at which typed clients
# raise an exception, then (not listed) content that misleads, then statuses and words.
TRANSPORT_AREAS = frozenset({"wire", "transport", "stream"})
SHAPE_AREAS = frozenset({"schema", "calls", "tools", "structured"})
WORDING_AREAS = frozenset({"auth", "errors", "headers", "health", "limits", "quotas"})
# Numbers of events, bytes and array members, and ids that a run draws; none of them is part of a place.
# Shorter values, such as `missing` and `none`, are seen at many places of one response.
SHORTEST_DISTINCT_VALUE = 8
EVENT = re.compile(r"^event \d+ \(byte \d+\) (?=/)")
DRAWN = re.compile(r"\d+|\b[0-9a-f]{8,}\b|\b[a-z]+[-_][A-Za-z0-9]{8,}\b")


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The verdicts of one cause.

    Attributes:
        kind: `fails` if one of them fails the run, `error` if one could not be judged, else `advice`.
        level: the highest level among them.
        checks: the checks that report the cause, that of most verdicts first.
        contracts: the columns that judge them.
        cases: their cases, without repetition.
        positions: the positions of the verdicts in the run.
        clauses: the ids of the broken clauses.
        requirement: the requirement of the first check.
        where: the place of the first verdict; empty if it names none.
        also: other places that these verdicts name.
        message: the message of the first verdict.
    """

    target: str
    kind: str
    level: str
    checks: tuple[str, ...]
    contracts: tuple[str, ...]
    cases: tuple[str, ...]
    positions: tuple[int, ...]
    clauses: tuple[str, ...]
    requirement: str
    expected: str
    actual: str
    where: str
    also: tuple[str, ...]
    message: str

    def as_data(self) -> dict[str, Any]:
        """The JSON form."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values}


def group_findings(
    verdicts: Sequence[Verdict], gating: Collection[int], own: Mapping[str, str]
) -> tuple[FindingGroup, ...]:
    """The causes behind the failures, errors and advice of a run, ranked.

    A failure by a second document that does not fail the run is a divergence and no finding.

    Args:
        gating: the positions of the verdicts that fail the run.
        own: target name → the provider whose document is its own contract.
    """
    fails = frozenset(gating)
    shown = [at for at, verdict in enumerate(verdicts) if at in fails or _is_own_failure(verdict, own)]
    groups = [_describe(positions, verdicts, fails) for positions in _positions_by_cause(shown, verdicts)]
    return tuple(sorted(groups, key=lambda group: _rank(group, verdicts)))


def general_place(where: str) -> str:
    """A place without positions and drawn ids, so that it is equal in every case, streamed or not."""
    return DRAWN.sub("*", where.replace("/delta/", "/message/"))


def _is_own_failure(verdict: Verdict, own: Mapping[str, str]) -> bool:
    if verdict.outcome in ERROR_OUTCOMES:
        return True
    return verdict.outcome in RED_OUTCOMES and verdict.provider in (own.get(verdict.target), WIRE)


def _positions_by_cause(shown: Iterable[int], verdicts: Sequence[Verdict]) -> Iterable[list[int]]:
    """The positions of the verdicts of each cause.

    Two verdicts have one cause if the same check fails at the same place, or if two checks find the same value at the
    same place of the same exchange.
    """
    causes: dict[tuple[str, ...], list[int]] = {}
    for at in shown:
        verdict = verdicts[at]
        causes.setdefault((verdict.target, verdict.outcome, verdict.check, _cause_place(verdict)), []).append(at)
    parents = {key: key for key in causes}

    def root(key: tuple[str, ...]) -> tuple[str, ...]:
        while parents[key] != key:
            key = parents[key]
        return key

    owners: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key, positions in causes.items():
        for sight in (sight for at in positions for sight in _sights(verdicts[at])):
            first, second = root(owners.setdefault(sight, key)), root(key)
            parents[second] = first
    merged: dict[tuple[str, ...], list[int]] = {}
    for key, positions in causes.items():
        merged.setdefault(root(key), []).extend(positions)
    return merged.values()


def _cause_place(verdict: Verdict) -> str:
    """The place of a verdict; one that names none is placed by its message."""
    if not verdict.findings:
        return general_place(verdict.message)
    return general_place(verdict.findings[0].where)


def _sights(verdict: Verdict) -> Iterable[tuple[str, ...]]:
    """The values that a verdict saw: equal for two checks that report one value of one exchange.

    A value is known by its place. A check may name its place in other words; then a long value is known by itself.
    """
    for finding in verdict.findings[:1]:
        for case in verdict.case.split("+"):
            if finding.where:
                yield "place", verdict.target, case, EVENT.sub("", finding.where), finding.actual
            if len(finding.actual) >= SHORTEST_DISTINCT_VALUE:
                yield "value", verdict.target, case, finding.expected, finding.actual


def _describe(positions: Sequence[int], verdicts: Sequence[Verdict], fails: frozenset[int]) -> FindingGroup:
    of_check = Counter(verdicts[at].check for at in positions)
    # The verdicts that fail the run come first, then the wire before a document, then the check that failed most.
    ordered = sorted(
        positions,
        key=lambda at: (at not in fails, verdicts[at].provider != WIRE, -of_check[verdicts[at].check], at),
    )
    members = [verdicts[at] for at in ordered]
    first = members[0]
    finding = first.findings[0] if first.findings else None
    where = finding.where if finding else ""
    places = {general_place(one.where): one.where for verdict in members for one in verdict.findings if one.where}
    return FindingGroup(
        target=first.target,
        kind=_kind(ordered, members, fails),
        level=max((verdict.level for verdict in members), key=LEVELS.index),
        checks=(first.check, *sorted(of_check.keys() - {first.check}, key=lambda name: (-of_check[name], name))),
        contracts=tuple(dict.fromkeys(verdict.provider for verdict in members)),
        cases=tuple(dict.fromkeys(verdict.case for verdict in members)),
        positions=tuple(ordered),
        clauses=tuple(
            dict.fromkeys(c.id for verdict in members for c in verdict.clauses if c.outcome == verdict.outcome)
        ),
        requirement=first.requirement,
        expected=finding.expected if finding else "",
        actual=finding.actual if finding else "",
        where=where,
        also=tuple(place for general, place in places.items() if general != general_place(where)),
        message=first.message,
    )


def _kind(positions: Iterable[int], members: Iterable[Verdict], fails: frozenset[int]) -> str:
    if not fails.isdisjoint(positions):
        return FAILS
    return ERROR if any(verdict.outcome in ERROR_OUTCOMES for verdict in members) else ADVICE


def _rank(group: FindingGroup, verdicts: Sequence[Verdict]) -> tuple[int, ...]:
    members = [verdicts[at] for at in group.positions]
    return (
        KINDS.index(group.kind),
        -LEVELS.index(group.level),
        WIRE not in group.contracts,
        min(_area_rank(verdict.check.partition(".")[0]) for verdict in members),
        -len(group.cases),
        group.positions[0],
    )


def _area_rank(area: str) -> int:
    ordered = (TRANSPORT_AREAS, SHAPE_AREAS)
    return next((at for at, areas in enumerate(ordered) if area in areas), 3 if area in WORDING_AREAS else 2)
