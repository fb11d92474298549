"""Which tool is called, and what follows its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, ToolCall, check, parse_json

EVENT_STREAM = "text/event-stream"
AT_MESSAGE, AT_DELTA = "/choices/0/message/tool_calls", "/choices/0/delta/tool_calls"


def asked(exchange: Exchange) -> Mapping[str, Any]:
    """The body of the request."""
    body: Mapping[str, Any] = parse_json(exchange.request.body)
    return body


def offered(exchange: Exchange) -> Mapping[str, Mapping[str, Any]]:
    """The offered functions by name."""
    return {tool["function"]["name"]: tool["function"] for tool in asked(exchange)["tools"]}


def is_stream(exchange: Exchange) -> bool:
    """Whether an event stream came."""
    return exchange.content_type == EVENT_STREAM


def place(exchange: Exchange) -> str:
    """Where the tool calls of an exchange stand."""
    return AT_DELTA if is_stream(exchange) else AT_MESSAGE


def message(exchange: Exchange) -> Mapping[str, Any]:
    """The message of the first choice of an answer that is not streamed."""
    found: Mapping[str, Any] = expect.member(expect.answer(exchange), "/choices/0/message", dict)
    return found


def text(exchange: Exchange) -> str:
    """The text of the first choice."""
    if is_stream(exchange):
        choice = expect.event_stream(exchange).choice(0)
        return choice.content if choice else ""
    content = message(exchange).get("content")
    return content if isinstance(content, str) else ""


def finish(exchange: Exchange) -> Any:
    """The finish reason of the first choice."""
    if is_stream(exchange):
        choice = expect.event_stream(exchange).choice(0)
        return next(iter(choice.finish_reasons), None) if choice else None
    return expect.member(expect.answer(exchange), "/choices/0", dict).get("finish_reason")


def listed(exchange: Exchange) -> tuple[ToolCall, ...]:
    """The calls of the first choice, streamed or not; none is an empty tuple."""
    if is_stream(exchange):
        choice = expect.event_stream(exchange).choice(0)
        return choice.tool_calls if choice else ()
    given = message(exchange).get("tool_calls") or []
    expect.that(isinstance(given, list), "an array", given, at=AT_MESSAGE)
    return tuple(whole(call, at) for at, call in enumerate(given))


def whole(call: Any, at: int) -> ToolCall:
    """A call that is not streamed."""
    where = f"{AT_MESSAGE}/{at}"
    expect.that(isinstance(call, dict), "an object", call, at=where)
    function = call.get("function")
    expect.that(isinstance(function, dict), "an object", function, at=f"{where}/function")
    for name in ("name", "arguments"):
        text = function.get(name)
        expect.that(isinstance(text, str), "a string", text, at=f"{where}/function/{name}")
    return ToolCall(at, call.get("id"), function["name"], function["arguments"])


@check("tools.called")
def test_called(exchange: Exchange) -> None:
    """A request whose tool_choice is required is answered with a tool call."""
    if not listed(exchange) and finish(exchange) == "length":
        raise Inconclusive("the token cap cut the answer off")
    expect.that(bool(listed(exchange)), "a tool call", text(exchange) or "nothing", at=place(exchange))


@check("tools.auto")
def test_auto(exchange: Exchange) -> None:
    """A request that leaves the choice to the model is answered with text or with a tool call."""
    answered = bool(listed(exchange)) or bool(text(exchange))
    expect.that(answered, "text or a tool call", "neither", at="/choices/0/message")


@check("tools.none")
def test_none(exchange: Exchange) -> None:
    """A request whose tool_choice is none is answered without a tool call."""
    expect.that(not listed(exchange), "no tool call", [call.name for call in listed(exchange)], at=place(exchange))


@check("tools.named")
def test_named(exchange: Exchange) -> None:
    """A request that names a function is answered with a call of it."""
    wanted = asked(exchange)["tool_choice"]["function"]["name"]
    found = [call.name for call in listed(exchange)]
    if not found and finish(exchange) == "length":
        raise Inconclusive("the token cap cut the answer off")
    expect.that(bool(found) and set(found) == {wanted}, f"a call of {wanted}", found, at=place(exchange))


# OpenAI itself answers a call that the request names with the reason stop.
@check("tools.named-finish")
def test_named_finish(exchange: Exchange) -> None:
    """An answer that calls the function it was told to call has the finish reason stop or tool_calls."""
    if not listed(exchange):
        raise Inconclusive("the model called no tool")
    reason = finish(exchange)
    expect.that(reason in ("stop", "tool_calls"), "stop or tool_calls", reason, at="/choices/0/finish_reason")


@check("tools.single")
def test_single(exchange: Exchange) -> None:
    """A request that switches parallel calls off is answered with one call at most."""
    found = [call.arguments for call in listed(exchange)]
    expect.that(len(found) < 2, "one call at most", found, at=place(exchange))


@check("tools.answered")
def test_answered(exchange: Exchange) -> None:
    """A conversation in which a tool has answered goes on with text or another call."""
    test_auto(exchange)


@check("tools.result-used")
def test_result_used(exchange: Exchange) -> None:
    """The model knows what the tool answered."""
    if listed(exchange):
        raise Inconclusive("the model called a tool again")
    expect.that("23" in text(exchange), "text with 23", text(exchange), at="/choices/0/message/content")


@check("tools.no-markup")
def test_no_markup(exchange: Exchange) -> None:
    """A call of a tool does not stand in the text of the answer."""
    said = text(exchange).strip()
    leaked = any(name in said for name in offered(exchange)) and said[:1] in ("{", "[", "<", "`")
    expect.that(not leaked, "no call in the text", said, at="/choices/0/message/content")
