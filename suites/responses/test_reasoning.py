"""The reasoning of a response, as an item of its own before the message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, check, json_pointer

ITEM_DONE = "response.output_item.done"


def output_items(exchange: Exchange) -> list[tuple[str, Mapping[str, Any]]]:
    """Place and value of each item of the output, streamed or not."""
    if expect.is_stream(exchange):
        found = [
            (f"{place} /item", value.get("item")) for place, kind, value in expect.events(exchange) if kind == ITEM_DONE
        ]
    else:
        found = list(items_with_places(expect.member(expect.answer(exchange), "/output", list)))
    return [(place, item) for place, item in found if isinstance(item, dict)]


def items_with_places(output: list[Any]) -> list[tuple[str, Any]]:
    return [(f"/output/{at}", item) for at, item in enumerate(output)]


def reasoning_items(exchange: Exchange) -> list[tuple[str, Mapping[str, Any]]]:
    """The items of reasoning. Raises Violation if there is none or the first follows the message."""
    found = output_items(exchange)
    kinds = [item.get("type") for _, item in found]
    expect.condition("reasoning" in kinds, "an item of the type reasoning", kinds, where="/output")
    if "message" in kinds:
        expect.condition(kinds.index("reasoning") < kinds.index("message"), "reasoning first", kinds, where="/output")
    return [(place, item) for place, item in found if item.get("type") == "reasoning"]


@check("responses.summary", proves_obeyed=("reasoning.summary",))
def test_summary(exchange: Exchange) -> None:
    """A model that reasons tells a summary of it, where one is asked for, in an item before the message."""
    found = reasoning_items(exchange)
    texts = [text for _, item in found for _, text in json_pointer.find(item, "/summary/*/text")]
    if not texts and len(found) == len(output_items(exchange)):
        raise Undecided("the token cap left room for nothing but reasoning")
    expect.condition(
        any(isinstance(text, str) and text.strip() for text in texts), "a summary", texts, where=found[0][0]
    )


@check("responses.encrypted", proves_obeyed=("include",))
def test_encrypted(exchange: Exchange) -> None:
    """Encrypted reasoning that is requested comes in the output."""
    for place, item in reasoning_items(exchange):
        encrypted = item.get("encrypted_content")
        fits = isinstance(encrypted, str) and bool(encrypted)
        expect.condition(fits, "encrypted content", encrypted, where=place, at=f"{place}/encrypted_content")
