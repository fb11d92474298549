"""The families of generated requests, as a table: what is drawn, of which kind, and where."""

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
        kind: valid (served), invalid (refused), odd (either) or kept (said again).
        make: what draws its requests at an endpoint; None where the endpoint has nothing of that kind.
        whole: the body as a whole is broken, so that one endpoint shows it, the cheapest.
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
# Endpoints by what a request of a few words costs: an embedding, a word, a picture.
ENDPOINTS_BY_COST = ("embeddings", "completions", "chat", "responses", "images")


def cheapest_endpoint(provider: Provider) -> str:
    """The endpoint at which a request costs least."""
    return min((draft.endpoint for draft in request_factories(provider)), key=ENDPOINTS_BY_COST.index)


def strategies_by_case(provider: Provider) -> Mapping[str, SearchStrategy[GeneratedRequest]]:
    """The name of each generated case of a provider, and what draws its requests."""
    found: dict[str, SearchStrategy[GeneratedRequest]] = {}
    for draft in request_factories(provider):
        for family in FAMILIES:
            if family.whole and draft.endpoint != cheapest_endpoint(provider):
                continue
            made = family.make(draft)
            if made is not None:
                found[generated_name(draft.endpoint, family.kind, family.name)] = made
    return found
