"""The same response plain and streamed, beyond its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check


def output_items(response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items of the output."""
    return expect.objects_in(response.get("output"))


def calls_with_arguments(response: Mapping[str, Any]) -> list[list[Any]]:
    """Name and arguments of each function call."""
    calls = [item for item in output_items(response) if item.get("type") == "function_call"]
    return [[call.get("name"), expect.parsed_arguments(call.get("arguments"))] for call in calls]


def token_counts(exchange: Exchange) -> Mapping[str, Any]:
    """The token counts. Raises Inconclusive if there are none."""
    found = expect.whole_response(exchange).get("usage")
    if not isinstance(found, dict):
        raise Inconclusive("the response has no token counts")
    return found


@check("responses.same-status")
def test_same_status(plain: Exchange, stream: Exchange) -> None:
    """A request ends with the same status, and for the same reason, whether it is streamed or not."""
    before, after = expect.whole_response(plain), expect.whole_response(stream)
    for name in ("status", "incomplete_details"):
        expect.equal(after.get(name), before.get(name), at=f"/response/{name}")


@check("responses.same-calls")
def test_same_calls(plain: Exchange, stream: Exchange) -> None:
    """A request calls the same functions with the same arguments whether it is streamed or not."""
    expect.equal(
        calls_with_arguments(expect.whole_response(stream)),
        calls_with_arguments(expect.whole_response(plain)),
        at="/response/output",
    )


@check("responses.same-usage")
def test_same_usage(plain: Exchange, stream: Exchange) -> None:
    """A request counts the same tokens, in members of the same names, whether it is streamed or not."""
    before, after = token_counts(plain), token_counts(stream)
    expect.equal(sorted(after), sorted(before), at="/response/usage")
    expect.equal(after.get("input_tokens"), before.get("input_tokens"), at="/response/usage/input_tokens")
    if not expect.json_equal(item_contents(expect.whole_response(plain)), item_contents(expect.whole_response(stream))):
        raise Inconclusive("the two outputs differ")
    expect.equal(after.get("output_tokens"), before.get("output_tokens"), at="/response/usage/output_tokens")


def item_contents(response: Mapping[str, Any]) -> list[Any]:
    """Content, name and arguments of each item."""
    return [[item.get("content"), item.get("name"), item.get("arguments")] for item in output_items(response)]
