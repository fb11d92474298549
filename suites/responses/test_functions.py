"""Functions of the Responses API: the choice of the call, its form, and the answer to its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, check

Item = tuple[str, Mapping[str, Any]]


def offered_functions(exchange: Exchange) -> Mapping[str, Mapping[str, Any]]:
    """The offered functions by name."""
    return {tool["name"]: tool for tool in expect.request_body(exchange)["tools"]}


def output_items(exchange: Exchange) -> list[Item]:
    """The items of a response with their places; in a stream those of the done events."""
    if expect.is_stream(exchange):
        done_events = [value for _, kind, value in expect.events(exchange) if kind == "response.output_item.done"]
        return [("/item", value["item"]) for value in done_events if isinstance(value.get("item"), dict)]
    output = expect.member(expect.answer(exchange), "/output", list)
    return [(f"/output/{at}", item) for at, item in enumerate(output) if isinstance(item, dict)]


def found_calls(exchange: Exchange) -> list[Item]:
    """The function calls of a response. Raises Undecided if the token cap ended it before one."""
    calls = [(at, item) for at, item in output_items(exchange) if item.get("type") == "function_call"]
    if not calls:
        expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
    return calls


def required_calls(exchange: Exchange) -> list[Item]:
    """The function calls. Raises Undecided if there are none or the response is cut off."""
    calls, request = found_calls(exchange), expect.request_body(exchange)
    if calls:
        expect.undecided_if_cut(exchange)
        return calls
    if expect.requires_call(request):
        judged_by = "responses.called" if request["tool_choice"] == "required" else "responses.call-named"
        actual = response_text(exchange) or "nothing"
        expect.condition(False, "an item function_call", actual, at="/output", judged_by=judged_by)
    raise Undecided("the model called no function")


def response_text(exchange: Exchange) -> str:
    """The text of the messages of a response."""
    contents = [item.get("content") for _, item in output_items(exchange) if item.get("type") == "message"]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    return "".join(str(part.get("text")) for part in parts if part.get("type") == "output_text")


@check("responses.called", proves_obeyed=("tools", "tool_choice"))
def test_called(exchange: Exchange) -> None:
    """A request whose tool_choice is required is answered with a function call, an item of the output."""
    # Words before a call may take up the cap.
    expect.condition(
        bool(found_calls(exchange)),
        "an item function_call",
        response_text(exchange) or "nothing",
        at="/output",
        shows_ignored=not expect.filled_cap(exchange) and not begins_call(exchange),
    )


def begins_call(exchange: Exchange) -> bool:
    """True if a stream adds a function call, which shows that the tools were not ignored even if it is never done."""
    if not expect.is_stream(exchange):
        return False
    added = [value.get("item") for _, kind, value in expect.events(exchange) if kind == "response.output_item.added"]
    return any(isinstance(item, dict) and item.get("type") == "function_call" for item in added)


@check("responses.call-name")
def test_call_name(exchange: Exchange) -> None:
    """A called function is one of those that were offered."""
    names = offered_functions(exchange)
    for at, call in required_calls(exchange):
        expect.condition(str(call.get("name")) in names, " or ".join(names), call.get("name"), at=f"{at}/name")


@check("responses.call-ids")
def test_call_ids(exchange: Exchange) -> None:
    """Each function call has a call_id of its own, by which its output is sent back."""
    seen: list[Any] = []
    for at, call in required_calls(exchange):
        id = call.get("call_id")
        expect.condition(isinstance(id, str) and bool(id), "a text", id, at=f"{at}/call_id")
        expect.condition(id not in seen, "another call_id", id, at=f"{at}/call_id")
        seen.append(id)


@check("responses.call-arguments")
def test_call_arguments(exchange: Exchange) -> None:
    """The arguments of a function call are one JSON object, written as a string."""
    for at, call in required_calls(exchange):
        expect.json_object(call.get("arguments"), at=f"{at}/arguments")


@check("responses.call-fits")
def test_call_fits(exchange: Exchange) -> None:
    """The arguments of a strict function follow its parameters: every member, no other, each of its type."""
    tools = offered_functions(exchange)
    for at, call in required_calls(exchange):
        tool = tools.get(str(call.get("name")))
        arguments = expect.json_object(call.get("arguments"), at=f"{at}/arguments")
        if tool is not None:
            expect.follows_schema(arguments, tool["parameters"], at=f"{at}/arguments")


@check("responses.call-done")
def test_call_done(exchange: Exchange) -> None:
    """The end of streamed arguments tells the name and the arguments that the call has when it is done."""
    ended: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for place, kind, value in expect.events(exchange):
        at, item = str(value.get("output_index")), value.get("item")
        if kind == "response.function_call_arguments.done":
            ended[at] = (place, value)
        if kind == "response.output_item.done" and isinstance(item, dict) and item.get("type") == "function_call":
            expect.condition(at in ended, "response.function_call_arguments.done before it", "none", where=place)
            where, done = ended[at]
            for name in ("name", "arguments"):
                expect.equal(done.get(name, item.get(name)), item.get(name), where=where, at=f"/{name}")


@check("responses.call-none", proves_obeyed=("tool_choice",))
def test_call_none(exchange: Exchange) -> None:
    """A request whose tool_choice is none is answered without a function call."""
    names = [call.get("name") for _, call in found_calls(exchange)]
    expect.condition(not names, "no function call", names, at="/output")


@check("responses.call-named", proves_obeyed=("tool_choice",))
def test_call_named(exchange: Exchange) -> None:
    """A request that names a function is answered with a call of it."""
    wanted, names = (
        expect.request_body(exchange)["tool_choice"]["name"],
        [call.get("name") for _, call in found_calls(exchange)],
    )
    is_named = bool(names) and all(name == wanted for name in names)
    expect.condition(is_named, f"a call of {wanted}", names or response_text(exchange), at="/output")


@check("responses.call-answered")
def test_call_answered(exchange: Exchange) -> None:
    """A response to the output of a function goes on with text or another call."""
    expect.condition(
        bool(found_calls(exchange) or response_text(exchange)), "text or a function call", "neither", at="/output"
    )


@check("responses.call-output-used")
def test_call_output_used(exchange: Exchange) -> None:
    """The model uses the output of the function."""
    if found_calls(exchange):
        raise Undecided("the model called a function again")
    expect.condition("23" in response_text(exchange), "text with 23", response_text(exchange), at="/output")
