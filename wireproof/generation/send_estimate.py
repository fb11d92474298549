"""What generated requests would send, before any is drawn in earnest: the same number of them, drawn to be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract.case import endpoint_from_case_name, is_generated
from wireproof.contract.target import Target
from wireproof.generation.families import strategies
from wireproof.generation.fixed_sample import draws
from wireproof.generation.generated_request import Probe
from wireproof.generation.request_factory import Draft
from wireproof.generation.state_machines import MACHINES
from wireproof.judging.verdict_plan import PlannedVerdict

Sent = tuple[OutgoingRequest, ...]


def foreseen(entries: Iterable[PlannedVerdict], target: Target, most: int) -> Iterator[tuple[str, list[Sent]]]:
    """Each generated case with what would leave for each of its requests; every check of a case shares them.

    The requests of a talk follow from its answers: what is foreseen is the longest.
    """
    known = strategies(target.provider)
    for name in cases(entries):
        try:
            if name in known:
                draft = Draft(target.provider, endpoint_from_case_name(name))
                yield name, [_sent(name, probe, draft, target) for probe in draws(known[name], most)]
            elif MACHINES[name].means(target) <= target.means:
                yield (
                    name,
                    [tuple(build_request(ask, target, name, {}) for ask in MACHINES[name].longest(target))] * most,
                )
        except CannotSend:  # a model or key that this run has not
            continue


def cases(entries: Iterable[PlannedVerdict]) -> tuple[str, ...]:
    """The generated cases of these entries, each once."""
    return tuple(dict.fromkeys(entry.case for entry in entries if is_generated(entry.case)))


def _sent(name: str, probe: Probe, draft: Draft, target: Target) -> Sent:
    case = probe.case(name, *draft.behind(name))
    return tuple(build_request(ask, target, case.name, {}) for ask in case.asks)
