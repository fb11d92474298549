"""What generated requests would send, before any is drawn in earnest: the same number of them, drawn to be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wireproof.client.request_builder import OutgoingRequest, build_request
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract.case import endpoint_from_case_name, is_generated
from wireproof.contract.target import Target
from wireproof.generation.families import strategies_by_case
from wireproof.generation.fixed_sample import draw_examples
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory
from wireproof.generation.state_machines import SEQUENCE_KINDS
from wireproof.judging.verdict_plan import PlannedVerdict

OutgoingRequests = tuple[OutgoingRequest, ...]


def estimate_requests(
    entries: Iterable[PlannedVerdict], target: Target, most: int
) -> Iterator[tuple[str, list[OutgoingRequests]]]:
    """Each generated case with what would leave for each of its requests; every check of a case shares them.

    The requests of a talk follow from its answers: what is foreseen is the longest.
    """
    known = strategies_by_case(target.provider)
    for name in generated_cases(entries):
        try:
            if name in known:
                draft = RequestFactory(target.provider, endpoint_from_case_name(name))
                yield (
                    name,
                    [_requests_to_send(name, probe, draft, target) for probe in draw_examples(known[name], most)],
                )
            elif SEQUENCE_KINDS[name].means(target) <= target.means:
                yield (
                    name,
                    [tuple(build_request(ask, target, name, {}) for ask in SEQUENCE_KINDS[name].longest(target))]
                    * most,
                )
        except CannotSend:  # a model or key that this run has not
            continue


def generated_cases(entries: Iterable[PlannedVerdict]) -> tuple[str, ...]:
    """The generated cases of these entries, each once."""
    return tuple(dict.fromkeys(entry.case for entry in entries if is_generated(entry.case)))


def _requests_to_send(name: str, probe: GeneratedRequest, draft: RequestFactory, target: Target) -> OutgoingRequests:
    case = probe.as_case(name, *draft.following_requests(name))
    return tuple(build_request(ask, target, case.name, {}) for ask in case.asks)
