"""The same request plain and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check

COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def calls_with_arguments(exchange: Exchange) -> list[tuple[Any, Any]]:
    """Name and parsed arguments of each tool call of choice 0, streamed or not."""
    return [(call.name, expect.parsed_arguments(call.arguments)) for call in expect.tool_calls(exchange)]


def token_counts(exchange: Exchange) -> Mapping[str, Any]:
    """The token counts of an answer, streamed or not. Raises Inconclusive if one is missing."""
    expect.success(exchange)
    found = exchange.stream.usage if expect.is_stream(exchange) else expect.answer(exchange).get("usage")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), int) for name in COUNTS):
        raise Inconclusive("the answer has no whole token counts")
    return found


@check("stream.same-text")
def test_same_text(plain: Exchange, stream: Exchange) -> None:
    """A request has the same text whether it is streamed or not."""
    expect.equal(expect.text(stream), expect.text(plain), at="/choices/0/delta/content")


@check("stream.same-finish")
def test_same_finish(plain: Exchange, stream: Exchange) -> None:
    """A request ends for the same reason whether it is streamed or not."""
    expect.equal(expect.finish_reason(stream), expect.finish_reason(plain), at="/choices/0/finish_reason")


@check("stream.same-calls")
def test_same_calls(plain: Exchange, stream: Exchange) -> None:
    """A request calls the same tools with the same arguments whether it is streamed or not."""
    expect.equal(calls_with_arguments(stream), calls_with_arguments(plain), at="/choices/0/delta/tool_calls")


@check("stream.same-usage")
def test_same_usage(plain: Exchange, stream: Exchange) -> None:
    """A request counts the same tokens whether it is streamed or not."""
    before, after = token_counts(plain), token_counts(stream)
    expect.equal(after["prompt_tokens"], before["prompt_tokens"], at="/usage/prompt_tokens")
    if expect.text(plain) != expect.text(stream):
        raise Inconclusive("the two texts differ")
    expect.equal(after["completion_tokens"], before["completion_tokens"], at="/usage/completion_tokens")


@check("stream.same-model")
def test_same_model(plain: Exchange, stream: Exchange) -> None:
    """A request names the same model whether it is streamed or not."""
    wanted = expect.member(expect.answer(plain), "/model")
    for place, chunk in expect.chunks(stream):
        expect.equal(chunk.get("model"), wanted, where=place, at="/model")
