"""The families of generated requests, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from wireproof.contract.case import generated_name
from wireproof.contract.provider import Provider
from wireproof.generation import echoed_text, invalid, unspecified, valid
from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory, request_factories

StrategyMaker = Callable[[RequestFactory], SearchStrategy[GeneratedRequest] | None]


@dataclass(frozen=True, slots=True)
class Family:
    """One family of requests.

    Attributes:
        kind: valid (must be served), invalid (must be refused), odd (either) or kept (a text must be repeated).
        make: makes the strategy that draws requests for an endpoint; None if the family does not apply to it.
        whole: True if the body as a whole is changed; the cheapest endpoint alone is enough for that.
    """

    kind: str
    name: str
    make: StrategyMaker
    whole: bool = False


FAMILIES = (
    Family("valid", "text", valid.unusual_text),
    Family("valid", "numbers", valid.numbers_at_bounds),
    Family("valid", "options", valid.optional_members),
    Family("valid", "extra-member", valid.extra_member),
    Family("valid", "tools", valid.nested_tools),
    Family("valid", "conversation", valid.long_conversation),
    Family("invalid", "missing", invalid.missing_member),
    Family("invalid", "wrong-type", invalid.wrong_type),
    Family("invalid", "out-of-range", invalid.out_of_range),
    Family("invalid", "wrong-choice", invalid.wrong_choice),
    Family("invalid", "both-of-two", invalid.exclusive_members),
    Family("invalid", "one-of-two", invalid.lonely_member),
    Family("invalid", "unknown-member", invalid.unknown_member),
    Family("invalid", "huge-number", invalid.huge_number),
    Family("invalid", "truncated", invalid.truncated_json, whole=True),
    Family("invalid", "wrong-encoding", invalid.invalid_utf8, whole=True),
    Family("invalid", "deep-nesting", invalid.deep_nesting, whole=True),
    Family("invalid", "content-type", invalid.refused_content_type, whole=True),
    Family("odd", "content-type", unspecified.undocumented_content_type, whole=True),
    Family("odd", "duplicate-member", unspecified.duplicate_member, whole=True),
    Family("odd", "encoding", unspecified.unusual_encoding, whole=True),
    Family("odd", "lone-surrogate", unspecified.lone_surrogate, whole=True),
    Family("odd", "tool-name", unspecified.unusual_tool_name),
    Family("odd", "extreme-number", unspecified.extreme_integer),
    Family("kept", "letters", echoed_text.expected_letters),
)
# Endpoints by the cost of a short request, cheapest first.
ENDPOINTS_BY_COST = ("embeddings", "completions", "chat", "responses", "images")


def cheapest_endpoint(provider: Provider) -> str:
    """The endpoint of a provider with the lowest cost per request."""
    return min((factory.endpoint for factory in request_factories(provider)), key=ENDPOINTS_BY_COST.index)


def strategies_by_case(provider: Provider) -> Mapping[str, SearchStrategy[GeneratedRequest]]:
    """Name of each generated case of a provider → the strategy that draws its requests."""
    strategies: dict[str, SearchStrategy[GeneratedRequest]] = {}
    for factory in request_factories(provider):
        for family in FAMILIES:
            if family.whole and factory.endpoint != cheapest_endpoint(provider):
                continue
            strategy = family.make(factory)
            if strategy is not None:
                strategies[generated_name(factory.endpoint, family.kind, family.name)] = strategy
    return strategies
