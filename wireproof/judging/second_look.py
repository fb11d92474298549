"""The evidence that is judged: the first answer to each case, or the one that came when the case was sent alone.

A response may be cut off because a deadline of ours was short, or because other requests were under way. Such a case
is sent once more, alone and with more time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from wireproof.contract.case import Case
from wireproof.evidence.case_result import CaseResult, Evidence
from wireproof.evidence.exchange import Exchange, TransportFailure


@dataclass(frozen=True, slots=True)
class SettledEvidence:
    """The evidence of all turns.

    Attributes:
        judged: case → the result that is judged.
        replaced: case → its first result, if a second look replaced it.
        repeated: one mapping per round, with the results of cases that were repeated because they were undecided.
    """

    judged: Evidence
    replaced: Evidence
    repeated: tuple[Evidence, ...]


def needs_second_look(case: Case, sent: CaseResult | None) -> bool:
    """True if a response was cut off by a deadline of ours, or by other requests that the case does not demand."""
    return any(broken.is_deadline or (_is_cut(broken) and not case.together) for broken in _failures(sent))


def is_whole(sent: CaseResult) -> bool:
    """True if every response arrived whole."""
    return isinstance(sent, tuple) and not _failures(sent)


def whole_answers(sent: CaseResult | None) -> tuple[Exchange, ...]:
    """The responses that arrived whole."""
    return tuple(one for one in sent if one.broken is None) if isinstance(sent, tuple) else ()


def settle_evidence(cases: Mapping[str, Case], turns: Iterable[Evidence]) -> SettledEvidence:
    """The evidence that is judged, from one mapping per turn."""
    first, *later = turns
    judged, replaced, repeated = dict(first), dict[str, CaseResult](), list[Evidence]()
    for turn in later:
        looks = {name for name in turn if name not in replaced and needs_second_look(cases[name], first.get(name))}
        for name in looks:
            replaced[name] = first[name]
            judged[name] = _settled_result(first[name], turn[name])
        if others := {name: sent for name, sent in turn.items() if name not in looks}:
            repeated.append(others)
    return SettledEvidence(judged, replaced, tuple(repeated))


def _settled_result(first: CaseResult, second: CaseResult) -> CaseResult:
    """The result that is judged: the second one, unless it shows less than the first one."""
    if not isinstance(second, tuple) or any(broken.is_before_request for broken in _failures(second)):
        return first
    cuts = [broken.detail for broken in _failures(first) if _is_cut(broken)]
    if not cuts:
        return second
    return tuple(replace(one, cut_before=cuts[0]) for one in second) if is_whole(second) else first


def _failures(sent: CaseResult | None) -> list[TransportFailure]:
    exchanges: tuple[Exchange, ...] = sent if isinstance(sent, tuple) else ()
    return [exchange.broken for exchange in exchanges if exchange.broken is not None]


def _is_cut(broken: TransportFailure) -> bool:
    return broken.kind in ("closed", "reset")
