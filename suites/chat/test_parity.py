"""The same request plain and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check, parse_json

EVENT_STREAM = "text/event-stream"
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def text(exchange: Exchange) -> str:
    """The text of choice 0, streamed or not."""
    if exchange.content_type == EVENT_STREAM:
        found = expect.event_stream(exchange).choice(0)
        return found.content if found else ""
    return str(expect.member(expect.answer(exchange), "/choices/0/message", dict).get("content") or "")


def finish(exchange: Exchange) -> Any:
    """The finish reason of choice 0, streamed or not."""
    if exchange.content_type == EVENT_STREAM:
        found = expect.event_stream(exchange).choice(0)
        return next(iter(found.finish_reasons), None) if found else None
    return expect.member(expect.answer(exchange), "/choices/0", dict).get("finish_reason")


def called(exchange: Exchange) -> list[tuple[Any, Any]]:
    """Name and parsed arguments of each tool call of choice 0, streamed or not."""
    if exchange.content_type == EVENT_STREAM:
        found = expect.event_stream(exchange).choice(0)
        return [(call.name, parsed(call.arguments)) for call in (found.tool_calls if found else ())]
    message = expect.member(expect.answer(exchange), "/choices/0/message", dict)
    calls = message.get("tool_calls")
    listed = calls if isinstance(calls, list) else []
    functions = [call.get("function") for call in listed if isinstance(call, dict)]
    return [(one.get("name"), parsed(one.get("arguments"))) for one in functions if isinstance(one, dict)]


def parsed(arguments: Any) -> Any:
    """Arguments as JSON, or as they came where they are none."""
    try:
        return parse_json(arguments)
    except (ValueError, TypeError):
        return arguments


def counts(exchange: Exchange) -> Mapping[str, Any]:
    """The token counts of an answer, streamed or not; one without them decides nothing about their values."""
    expect.success(exchange)
    found = exchange.stream.usage if exchange.content_type == EVENT_STREAM else expect.answer(exchange).get("usage")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), int) for name in COUNTS):
        raise Inconclusive("the answer has no whole token counts")
    return found


@check("stream.same-text")
def test_same_text(plain: Exchange, stream: Exchange) -> None:
    """A request says the same whether it is streamed or not."""
    expect.equal(text(stream), text(plain), at="/choices/0/delta/content")


@check("stream.same-finish")
def test_same_finish(plain: Exchange, stream: Exchange) -> None:
    """A request ends for the same reason whether it is streamed or not."""
    expect.equal(finish(stream), finish(plain), at="/choices/0/finish_reason")


@check("stream.same-calls")
def test_same_calls(plain: Exchange, stream: Exchange) -> None:
    """A request calls the same tools with the same arguments whether it is streamed or not."""
    expect.equal(called(stream), called(plain), at="/choices/0/delta/tool_calls")


@check("stream.same-usage")
def test_same_usage(plain: Exchange, stream: Exchange) -> None:
    """A request counts the same tokens whether it is streamed or not."""
    before, after = counts(plain), counts(stream)
    expect.equal(after["prompt_tokens"], before["prompt_tokens"], at="/usage/prompt_tokens")
    if text(plain) != text(stream):
        raise Inconclusive("the two texts differ")
    expect.equal(after["completion_tokens"], before["completion_tokens"], at="/usage/completion_tokens")


@check("stream.same-model")
def test_same_model(plain: Exchange, stream: Exchange) -> None:
    """A request names the same model whether it is streamed or not."""
    wanted = expect.member(expect.answer(plain), "/model")
    for place, chunk in expect.chunks(stream):
        expect.equal(chunk.get("model"), wanted, where=place, at="/model")
