"""Functions, the older form of tools: one call at a time, in a member of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, Violation, check

AT_MESSAGE, AT_DELTA = "/choices/0/message/function_call", "/choices/0/delta/function_call"
NameAndArguments = tuple[str, str]


def call_place(exchange: Exchange) -> str:
    """The place of the function call in an answer."""
    return AT_DELTA if expect.is_stream(exchange) else AT_MESSAGE


def call_pieces(exchange: Exchange) -> list[tuple[str, Mapping[str, Any]]]:
    """The fragments of a streamed function call, with their places."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta = choice.get("delta")
            piece = delta.get("function_call") if isinstance(delta, dict) else None
            if isinstance(piece, dict):
                found.append((expect.chunk_place(chunk), piece))
    return found


def find_call(exchange: Exchange) -> NameAndArguments | None:
    """Name and arguments of the function call of an answer, streamed or not; None if there is none."""
    if expect.is_stream(exchange):
        found = [piece for _, piece in call_pieces(exchange)]
        parts = [[str(piece[name]) for piece in found if name in piece] for name in ("name", "arguments")]
        return ("".join(parts[0]), "".join(parts[1])) if found else None
    body = expect.answer(exchange)
    if not expect.member(body, "/choices/0/message", dict).get("function_call"):
        return None
    return (expect.member(body, f"{AT_MESSAGE}/name", str), expect.member(body, f"{AT_MESSAGE}/arguments", str))


def required_call(exchange: Exchange) -> NameAndArguments:
    """The function call of an answer. Raises Undecided if the answer is text or cut off."""
    found = find_call(exchange)
    if found is None:
        expect.undecided_if_cut(exchange)
        if expect.text(exchange).strip():
            raise Undecided("the model called no function")
        raise Violation("a function call or text", "neither", at=call_place(exchange))
    return found


@check("tools.function-called", proves_obeyed=("functions",))
def test_function_called(exchange: Exchange) -> None:
    """A function of the older form is called by its name, with arguments that are a JSON object in a string."""
    name, arguments = required_call(exchange)
    names = [function["name"] for function in expect.request_body(exchange)["functions"]]
    expect.condition(name in names, " or ".join(names), name, at=f"{call_place(exchange)}/name")
    expect.undecided_if_cut(exchange)
    expect.json_object(arguments, at=f"{call_place(exchange)}/arguments")


@check("tools.function-finish")
def test_function_finish(exchange: Exchange) -> None:
    """An answer that calls a function of the older form has the finish reason function_call."""
    required_call(exchange)
    if expect.reached_cap(exchange):
        raise Undecided("the token cap cut the call off")
    expect.equal(expect.finish_reason(exchange), "function_call", at="/choices/0/finish_reason")


@check("tools.function-named", proves_obeyed=("function_call",))
def test_function_named(exchange: Exchange) -> None:
    """A request that names a function of the older form is answered with a call of it."""
    wanted, found = expect.request_body(exchange)["function_call"]["name"], find_call(exchange)
    if found is None:
        expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
    name = found[0] if found else expect.text(exchange) or "nothing"
    expect.condition(
        found is not None and name == wanted,
        f"a call of {wanted}",
        name,
        at=call_place(exchange),
        shows_ignored=found is not None or not expect.filled_cap(exchange),
    )


@check("tools.function-none", proves_obeyed=("function_call",))
def test_function_none(exchange: Exchange) -> None:
    """A request whose function_call is none is answered without a call."""
    expect.condition(find_call(exchange) is None, "no function call", find_call(exchange), at=call_place(exchange))


@check("tools.function-form")
def test_function_form(exchange: Exchange) -> None:
    """A request in the older form of functions is answered in the older form, not with tool calls."""
    found = [call.name for call in expect.tool_calls(exchange)]
    expect.condition(not found, "no tool_calls", found, at=call_place(exchange).replace("function_call", "tool_calls"))


@check("tools.function-name-once")
def test_function_name_once(exchange: Exchange) -> None:
    """The name of a streamed function call comes in its first piece only, as the client joins what it is given."""
    found = call_pieces(exchange)
    if not found:
        raise Undecided("the model called no function")
    for where, piece in found[1:]:
        expect.condition(not piece.get("name"), "no name", piece.get("name"), where=where, at=f"{AT_DELTA}/name")


@check("tools.function-streams-alike")
def test_function_streams_alike(plain: Exchange, stream: Exchange) -> None:
    """A request calls the same function with the same arguments whether it is streamed or not."""
    expect.equal(required_call(stream), required_call(plain), at=AT_DELTA)
