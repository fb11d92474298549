"""The families of generated requests, as a table: what is drawn, of which kind, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from wireproof.contract.case import generated_name
from wireproof.contract.provider import Provider
from wireproof.generation import echoed_text, invalid, unspecified, valid
from wireproof.generation.generated_request import Probe
from wireproof.generation.request_factory import Draft, drafts

Maker = Callable[[Draft], SearchStrategy[Probe] | None]


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
    make: Maker
    whole: bool = False


FAMILIES = (
    Family("valid", "text", valid.text),
    Family("valid", "numbers", valid.numbers),
    Family("valid", "options", valid.options),
    Family("valid", "extra-member", valid.extra),
    Family("valid", "tools", valid.tools),
    Family("valid", "conversation", valid.conversation),
    Family("invalid", "missing", invalid.missing),
    Family("invalid", "wrong-type", invalid.wrong_type),
    Family("invalid", "out-of-range", invalid.out_of_range),
    Family("invalid", "wrong-choice", invalid.wrong_choice),
    Family("invalid", "both-of-two", invalid.exclusive),
    Family("invalid", "one-of-two", invalid.lonely),
    Family("invalid", "unknown-member", invalid.unknown),
    Family("invalid", "huge-number", invalid.huge),
    Family("invalid", "truncated", invalid.truncated, whole=True),
    Family("invalid", "wrong-encoding", invalid.wrong_encoding, whole=True),
    Family("invalid", "deep-nesting", invalid.nesting, whole=True),
    Family("invalid", "content-type", invalid.content_type, whole=True),
    Family("odd", "content-type", unspecified.content_type, whole=True),
    Family("odd", "duplicate-member", unspecified.duplicate, whole=True),
    Family("odd", "encoding", unspecified.encoding, whole=True),
    Family("odd", "lone-surrogate", unspecified.surrogate, whole=True),
    Family("odd", "tool-name", unspecified.tool_name),
    Family("odd", "extreme-number", unspecified.extreme),
    Family("kept", "letters", echoed_text.letters),
)
# Endpoints by what a request of a few words costs: an embedding, a word, a picture.
BY_COST = ("embeddings", "completions", "chat", "responses", "images")


def cheapest(provider: Provider) -> str:
    """The endpoint at which a request costs least."""
    return min((draft.endpoint for draft in drafts(provider)), key=BY_COST.index)


def strategies(provider: Provider) -> Mapping[str, SearchStrategy[Probe]]:
    """The name of each generated case of a provider, and what draws its requests."""
    found: dict[str, SearchStrategy[Probe]] = {}
    for draft in drafts(provider):
        for family in FAMILIES:
            if family.whole and draft.endpoint != cheapest(provider):
                continue
            made = family.make(draft)
            if made is not None:
                found[generated_name(draft.endpoint, family.kind, family.name)] = made
    return found
