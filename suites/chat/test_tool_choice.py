"""The choice of the called tool, and the answer to its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Contract, Exchange, Undecided, check

AT_MESSAGE, AT_DELTA = "/choices/0/message/tool_calls", "/choices/0/delta/tool_calls"


def offered_functions(exchange: Exchange) -> Mapping[str, Mapping[str, Any]]:
    """The offered functions by name."""
    return {tool["function"]["name"]: tool["function"] for tool in expect.request_body(exchange)["tools"]}


def calls_place(exchange: Exchange) -> str:
    """The place of the tool calls in an answer."""
    return AT_DELTA if expect.is_stream(exchange) else AT_MESSAGE


@check("tools.called", proves_obeyed=("tools", "tool_choice"))
def test_called(exchange: Exchange) -> None:
    """A request whose tool_choice is required is answered with a tool call."""
    if not expect.tool_calls(exchange):
        expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
    # Words before a call may take up the cap.
    expect.condition(
        bool(expect.tool_calls(exchange)),
        "a tool call",
        expect.text(exchange) or "nothing",
        at=calls_place(exchange),
        shows_ignored=not expect.filled_cap(exchange),
    )


@check("tools.auto")
def test_auto(exchange: Exchange) -> None:
    """A request that leaves the choice to the model is answered with text or with a tool call."""
    answered = bool(expect.tool_calls(exchange)) or bool(expect.text(exchange).strip())
    if not answered:
        expect.undecided_if_cut(exchange)
    expect.condition(answered, "text or a tool call", "neither", at="/choices/0/message")


@check("tools.none", proves_obeyed=("tool_choice",))
def test_none(exchange: Exchange) -> None:
    """A request whose tool_choice is none is answered without a tool call."""
    expect.condition(
        not expect.tool_calls(exchange),
        "no tool call",
        [call.name for call in expect.tool_calls(exchange)],
        at=calls_place(exchange),
    )


@check("tools.named", proves_obeyed=("tool_choice",))
def test_named(exchange: Exchange) -> None:
    """A request that names a function is answered with a call of it."""
    wanted = expect.request_body(exchange)["tool_choice"]["function"]["name"]
    found = [call.name for call in expect.tool_calls(exchange)]
    if not found:
        expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
    expect.condition(
        bool(found) and set(found) == {wanted},
        f"a call of {wanted}",
        found,
        at=calls_place(exchange),
        shows_ignored=bool(found) or not expect.filled_cap(exchange),
    )


@check("tools.allowed", proves_obeyed=("tool_choice",))
def test_allowed(exchange: Exchange) -> None:
    """A request that limits the choice to some tools is answered with a call of one of them."""
    limits = expect.request_body(exchange)["tool_choice"]["allowed_tools"]["tools"]
    wanted = [tool["function"]["name"] for tool in limits]
    found = [call.name for call in expect.tool_calls(exchange)]
    if not found:
        expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
    expect.condition(
        bool(found) and set(found) <= set(wanted),
        " or ".join(wanted),
        found,
        at=calls_place(exchange),
        shows_ignored=bool(found) or not expect.filled_cap(exchange),
    )


# OpenAI itself answers a call that the request names with the reason stop.
@check("tools.named-finish")
def test_named_finish(exchange: Exchange) -> None:
    """An answer that calls the function it was told to call has the finish reason stop or tool_calls."""
    if not expect.tool_calls(exchange):
        raise Undecided(expect.NO_CALL)
    reason = expect.finish_reason(exchange)
    expect.condition(reason in ("stop", "tool_calls"), "stop or tool_calls", reason, at="/choices/0/finish_reason")


@check("tools.single", proves_obeyed=("parallel_tool_calls",))
def test_single(exchange: Exchange) -> None:
    """A request that switches parallel calls off is answered with one call at most."""
    found = [call.arguments for call in expect.tool_calls(exchange)]
    expect.condition(len(found) < 2, "one call at most", found, at=calls_place(exchange))


@check("tools.answered")
def test_answered(exchange: Exchange) -> None:
    """A conversation in which a tool has answered goes on with text or another call."""
    test_auto(exchange)


@check("tools.result-used")
def test_result_used(exchange: Exchange) -> None:
    """The model uses the result of the tool."""
    if expect.tool_calls(exchange):
        raise Undecided("the model called a tool again")
    expect.condition(
        "23" in expect.text(exchange), "text with 23", expect.text(exchange), at="/choices/0/message/content"
    )


@check("tools.empty-list-settled", any_answer=True)
def test_empty_list_settled(exchange: Exchange, contract: Contract) -> None:
    """A message with calls whose content is an empty array is accepted, or refused as any other mistake is."""
    if exchange.is_success or exchange.broken is not None:
        return
    expect.require_no_rate_limit(exchange)
    expect.client_error(exchange)
    expect.conforms(expect.json_body(exchange), expect.shape(contract, "error"))


@check("tools.no-markup")
def test_no_markup(exchange: Exchange) -> None:
    """A call of a tool does not stand in the text of the answer."""
    text = expect.text(exchange).strip()
    leaked = any(name in text for name in offered_functions(exchange)) and text[:1] in ("{", "[", "<", "`")
    expect.condition(not leaked, "no call in the text", text, at="/choices/0/message/content")
