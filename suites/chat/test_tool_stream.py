"""Tool calls in a stream: the fragments, and how they join."""

from __future__ import annotations

from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, check

AT_MESSAGE, AT_DELTA = "/choices/0/message/tool_calls", "/choices/0/delta/tool_calls"


def fragments(exchange: Exchange) -> list[tuple[str, Any]]:
    """Every fragment of a tool call in a stream, with its place. Raises Undecided if there is none."""
    found = []
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta = choice.get("delta")
            calls = (delta.get("tool_calls") if isinstance(delta, dict) else None) or []
            where = f"event {chunk.index} (byte {chunk.event.offset})"
            expect.condition(isinstance(calls, list), "an array", calls, where=where, at=AT_DELTA)
            found += [(where, fragment) for fragment in calls]
    if not found:
        must_call = expect.requires_call(expect.request_body(exchange))
        expect.undecided_if_cut(exchange, begins=expect.CALL_MARKS)
        expect.condition(not must_call, "a tool call", "none", at=AT_DELTA, judged_by="tools.called")
        raise Undecided(expect.NO_CALL)
    return found


@check("tools.fragments-indexed")
def test_fragments_indexed(exchange: Exchange) -> None:
    """Every fragment of a streamed call has the index of its call, a whole number."""
    for where, fragment in fragments(exchange):
        index = fragment.get("index") if isinstance(fragment, dict) else None
        whole = isinstance(index, int) and not isinstance(index, bool)
        expect.condition(whole, "a whole number", index, where=where, at=f"{AT_DELTA}/0/index")


@check("tools.indexes-dense")
def test_indexes_dense(exchange: Exchange) -> None:
    """The calls of a stream are counted from 0 upwards."""
    choice = expect.event_stream(exchange).choice(0)
    found = [call.index for call in (choice.tool_calls if choice else ())]
    expect.equal(found, list(range(len(found))), at=f"{AT_DELTA}/0/index")


@check("tools.opens")
def test_opens(exchange: Exchange) -> None:
    """The first fragment of a streamed call has its id, the type function and the function's name."""
    for _, where, fragment in first_fragments(exchange):
        for at in ("/id", "/type", "/function/name"):
            value = expect.member(fragment, at, str, where=f"{where} ")
            expect.condition(bool(value), "a value", value, where=where, at=f"{AT_DELTA}/0{at}")


def first_fragments(exchange: Exchange) -> list[tuple[str, str, Any]]:
    """The first fragment of each call, as (index, place, fragment)."""
    first: dict[str, tuple[str, str, Any]] = {}
    for where, fragment in fragments(exchange):
        index = repr(fragment.get("index")) if isinstance(fragment, dict) else ""
        first.setdefault(index, (index, where, fragment))
    return list(first.values())


def later_fragments(exchange: Exchange) -> list[tuple[str, Any, Any]]:
    """Every fragment but the first of each call, as (place, fragment, first fragment)."""
    first = {index: fragment for index, _, fragment in first_fragments(exchange)}
    pairs = [(where, later) for where, later in fragments(exchange) if isinstance(later, dict)]
    with_first = [(where, later, first[repr(later.get("index"))]) for where, later in pairs]
    return [(where, later, opened) for where, later, opened in with_first if later is not opened]


@check("tools.one-id")
def test_one_id(exchange: Exchange) -> None:
    """The fragments of one index belong to one call: no later one has another id."""
    for where, fragment, opened in later_fragments(exchange):
        same = not fragment.get("id") or fragment["id"] == opened.get("id")
        expect.condition(same, f"{opened.get('id')} or no id", fragment.get("id"), where=where, at=f"{AT_DELTA}/0/id")


@check("tools.id-once")
def test_id_once(exchange: Exchange) -> None:
    """The id and name of a streamed call come in its first fragment only."""
    for where, fragment, _ in later_fragments(exchange):
        function = fragment.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        again = fragment.get("id") or name
        expect.condition(not again, "neither id nor name", again, where=where, at=f"{AT_DELTA}/0/id")


@check("tools.no-nulls")
def test_no_nulls(exchange: Exchange) -> None:
    """A fragment has no member that is null."""
    for where, fragment in fragments(exchange):
        outer = fragment if isinstance(fragment, dict) else {}
        inner = outer.get("function")
        members = {**outer, **(inner if isinstance(inner, dict) else {})}
        empty = [name for name, value in members.items() if value is None]
        expect.condition(not empty, "no null", ", ".join(empty), where=where, at=f"{AT_DELTA}/0")
