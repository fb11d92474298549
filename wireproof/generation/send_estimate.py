"""The estimate of generated requests for a plan: draws as many as a run would, without sending them."""

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
    """Yields each generated case with the outgoing requests of each of its examples; all its checks share them.

    The requests of a sequence depend on the answers, so the longest sequence is counted.

    Args:
        most: number of examples of each case.
    """
    strategies = strategies_by_case(target.provider)
    for name in generated_cases(entries):
        try:
            if name in strategies:
                factory = RequestFactory(target.provider, endpoint_from_case_name(name))
                drawn = draw_examples(strategies[name], most)
                yield name, [_requests_to_send(name, request, factory, target) for request in drawn]
            elif SEQUENCE_KINDS[name].means(target) <= target.means:
                longest = SEQUENCE_KINDS[name].longest(target)
                yield name, [tuple(build_request(spec, target, name, {}) for spec in longest)] * most
        except CannotSend:  # the run has no such model or key
            continue


def generated_cases(entries: Iterable[PlannedVerdict]) -> tuple[str, ...]:
    """The generated cases of these entries, each once."""
    return tuple(dict.fromkeys(entry.case for entry in entries if is_generated(entry.case)))


def _requests_to_send(
    name: str, request: GeneratedRequest, factory: RequestFactory, target: Target
) -> OutgoingRequests:
    case = request.as_case(name, *factory.following_requests(name))
    return tuple(build_request(spec, target, case.name, {}) for spec in case.asks)
