"""The form of a tool call, plain and streamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import combining, normalize

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, ToolCall, Undecided, Violation, check

AT_MESSAGE, AT_DELTA = "/choices/0/message/tool_calls", "/choices/0/delta/tool_calls"


def offered_functions(exchange: Exchange) -> Mapping[str, Mapping[str, Any]]:
    """The offered functions by name."""
    return {tool["function"]["name"]: tool["function"] for tool in expect.request_body(exchange)["tools"]}


def calls_place(exchange: Exchange) -> str:
    """The place of the tool calls in an answer."""
    return AT_DELTA if expect.is_stream(exchange) else AT_MESSAGE


def first_message(exchange: Exchange) -> Mapping[str, Any]:
    """The message of the first choice of an answer that is not streamed."""
    found: Mapping[str, Any] = expect.member(expect.answer(exchange), "/choices/0/message", dict)
    return found


def required_calls(exchange: Exchange) -> tuple[ToolCall, ...]:
    """The calls of the first choice. Raises Undecided if the answer is cut off or has no calls."""
    found = expect.tool_calls(exchange)
    if found:
        expect.undecided_if_cut(exchange)
        return found
    expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
    request = expect.request_body(exchange)
    if expect.requires_call(request):
        judged_by = "tools.called" if request["tool_choice"] == "required" else "tools.named"
        actual = expect.text(exchange) or "nothing"
        expect.condition(False, "a tool call", actual, at=calls_place(exchange), judged_by=judged_by)
    raise Undecided(expect.NO_CALL)


def call_arguments(exchange: Exchange, at: int, call: ToolCall) -> Mapping[str, Any]:
    """The arguments of a call as a JSON object."""
    return expect.json_object(call.arguments, at=f"{calls_place(exchange)}/{at}/function/arguments")


@check("tools.shape")
def test_shape(exchange: Exchange) -> None:
    """Each tool call has an id, the type function, and a function whose name and arguments are strings."""
    required_calls(exchange)
    for at, call in enumerate(first_message(exchange)["tool_calls"]):
        named = isinstance(call.get("id"), str) and bool(call["id"])
        expect.condition(named, "a string", call.get("id"), at=f"{AT_MESSAGE}/{at}/id")
        expect.equal(call.get("type"), "function", at=f"{AT_MESSAGE}/{at}/type")


@check("tools.name", proves_obeyed=("tools",))
def test_name(exchange: Exchange) -> None:
    """A called function is one of those that were offered."""
    names = offered_functions(exchange)
    for at, call in enumerate(required_calls(exchange)):
        where = f"{calls_place(exchange)}/{at}/function/name"
        expect.condition(call.name in names, " or ".join(names), call.name, at=where)


@check("tools.arguments")
def test_arguments(exchange: Exchange) -> None:
    """The arguments of a tool call are one JSON object, written as a string."""
    for at, call in enumerate(required_calls(exchange)):
        call_arguments(exchange, at, call)


@check("tools.fit")
def test_fit(exchange: Exchange) -> None:
    """The arguments have the members and types that the function's parameters ask for."""
    names = offered_functions(exchange)
    for at, call in enumerate(required_calls(exchange)):
        schema = names.get(call.name, {}).get("parameters", {})
        arguments, where = call_arguments(exchange, at, call), f"{calls_place(exchange)}/{at}/function/arguments"
        for name in schema.get("required", ()):
            expect.condition(name in arguments, f"the argument {name}", arguments, at=where)
        for name, value in arguments.items():
            schema_of_member = schema.get("properties", {}).get(name)
            if schema_of_member is not None:
                expect.follows_schema(
                    value, {"$defs": schema.get("$defs", {}), **schema_of_member}, name=name, at=where
                )


@check("tools.strict", proves_obeyed=("tools",))
def test_strict(exchange: Exchange) -> None:
    """The arguments of a strict function follow its parameters exactly: every member, no other, each of its type."""
    names = offered_functions(exchange)
    for at, call in enumerate(required_calls(exchange)):
        if call.name not in names:
            raise Violation(" or ".join(names), call.name, where=calls_place(exchange), judged_by="tools.name")
        where = f"{calls_place(exchange)}/{at}/function/arguments"
        expect.follows_schema(call_arguments(exchange, at, call), names[call.name]["parameters"], at=where)


# The question names one place, after the word "in".
NAMED_PLACE = re.compile(r"\bin ([A-Z][a-z]+)")


@check("tools.from-prompt")
def test_from_prompt(exchange: Exchange) -> None:
    """The arguments of a call hold the place that the question names."""
    found = NAMED_PLACE.search(expect.request_body(exchange)["messages"][-1]["content"])
    if found is None:
        raise Inconclusive("the question names no place")
    for at, call in enumerate(required_calls(exchange)):
        text = without_accents(" ".join(str(value) for value in call_arguments(exchange, at, call).values()))
        where = f"{calls_place(exchange)}/{at}/function/arguments"
        expect.condition(found[1].lower() in text, f"arguments with {found[1]}", call.arguments, at=where)


def without_accents(text: str) -> str:
    """Returns a text in lower case without accents: Montréal becomes montreal."""
    return "".join(character for character in normalize("NFD", text.lower()) if not combining(character))


@check("tools.ids")
def test_ids(exchange: Exchange) -> None:
    """The calls of an answer have ids of their own."""
    ids = [call.id for call in required_calls(exchange)]
    expect.condition(
        all(isinstance(id, str) and id for id in ids), "an id each", ids, at=f"{calls_place(exchange)}/0/id"
    )
    expect.condition(len(set(ids)) == len(ids), "a different id each", ids, at=f"{calls_place(exchange)}/0/id")


@check("tools.finish")
def test_finish(exchange: Exchange) -> None:
    """An answer that calls a tool has the finish reason tool_calls."""
    required_calls(exchange)
    expect.equal(expect.finish_reason(exchange), "tool_calls", at="/choices/0/finish_reason")


@check("tools.calls-whole")
def test_calls_whole(exchange: Exchange) -> None:
    """An answer that ends with calls has them; each has an id, an offered function and, unless cut, whole arguments."""
    tools = expect.request_body(exchange).get("tools") or ()
    if any(tool.get("type") == "custom" for tool in tools):
        raise Inconclusive("a custom tool takes a text, which is judged by itself")
    calls, finish, place = expect.tool_calls(exchange), expect.finish_reason(exchange), calls_place(exchange)
    expect.condition(bool(calls) or finish != "tool_calls", "a call", "none", at=place)
    names = [tool["function"]["name"] for tool in tools]
    for at, call in enumerate(calls):
        expect.condition(isinstance(call.id, str) and bool(call.id), "an id", call.id, at=f"{place}/{at}/id")
        wanted = " or ".join(names) or "no call, as no function is offered"
        expect.condition(call.name in names, wanted, call.name, at=f"{place}/{at}/function/name")
        if finish != "length":
            call_arguments(exchange, at, call)


@check("tools.parallel")
def test_parallel(exchange: Exchange) -> None:
    """Calls that an answer makes at once each have arguments of their own."""
    found = [(call.name, call.arguments) for call in required_calls(exchange)]
    if len(found) < 2:
        raise Undecided("the model made one call")
    expect.condition(len(set(found)) == len(found), "calls that differ", found, at=calls_place(exchange))


@check("tools.custom", proves_obeyed=("tools", "tool_choice"))
def test_custom(exchange: Exchange) -> None:
    """A tool that takes a text by a grammar is called with a text that the grammar has."""
    body, at = expect.answer(exchange), "/choices/0/message/tool_calls/0"
    tool = expect.request_body(exchange)["tools"][0]["custom"]
    expect.equal(expect.member(body, f"{at}/type"), "custom", at=f"{at}/type")
    expect.equal(expect.member(body, f"{at}/custom/name"), tool["name"], at=f"{at}/custom/name")
    text, grammar = expect.member(body, f"{at}/custom/input", str), tool["format"]["grammar"]["definition"]
    expect.condition(
        re.fullmatch(grammar, text) is not None, f"a text of the form {grammar}", text, at=f"{at}/custom/input"
    )
