"""The events of a streamed response agree with each other and with the final response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Violation, check

# The final events of a response that did not fail, and the status that each event implies.
FINAL_EVENTS = ("response.completed", "response.incomplete")
STATUSES_BY_EVENT = {
    "response.created": ("in_progress", "queued"),
    "response.queued": ("queued",),
    "response.in_progress": ("in_progress",),
    "response.completed": ("completed",),
    "response.incomplete": ("incomplete",),
    "response.failed": ("failed",),
}
ITEM_STATUSES_BY_EVENT = {
    "response.output_item.added": ("in_progress",),
    "response.output_item.done": ("completed", "incomplete"),
}
# The events that begin a thing, and the event that ends it.
ENDED_BY = {
    "response.output_item.added": "response.output_item.done",
    "response.content_part.added": "response.content_part.done",
    "response.output_text.delta": "response.output_text.done",
    "response.reasoning_text.delta": "response.reasoning_text.done",
    "response.refusal.delta": "response.refusal.done",
    "response.function_call_arguments.delta": "response.function_call_arguments.done",
}
ITEM_DONE = "response.output_item.done"
ABSENT = "missing"
TypedEvent = tuple[str, str, Mapping[str, Any]]


def typed_events(exchange: Exchange) -> list[TypedEvent]:
    """The typed events of a stream. Raises Inconclusive for chunks of a chat."""
    found = expect.events(exchange)
    if not any(kind.startswith("response.") for _, kind, _ in found):
        raise Inconclusive("the stream has no typed events")
    return found


def carried_responses(exchange: Exchange) -> list[TypedEvent]:
    """The responses inside the events, with place and event type."""
    found = [(place, kind, value.get("response")) for place, kind, value in typed_events(exchange)]
    return [(place, kind, response) for place, kind, response in found if isinstance(response, dict)]


def final_response(exchange: Exchange) -> tuple[str, Mapping[str, Any]]:
    """The final response and its place. Raises Inconclusive if it failed or is missing; other checks judge that."""
    found = [(place, response) for place, kind, response in carried_responses(exchange) if kind in FINAL_EVENTS]
    if not found:
        require_final_event(exchange)
        raise Inconclusive("the response failed")
    return found[-1]


def require_final_event(exchange: Exchange) -> None:
    """Raises Violation unless the stream ends with a final event, which names its status."""
    place, kind, _ = typed_events(exchange)[-1]
    ended = kind in (*FINAL_EVENTS, "response.failed", "error")
    expect.condition(ended, " or ".join(FINAL_EVENTS), kind, where=place, judged_by="responses.ends")


def is_constant(exchange: Exchange, name: str) -> None:
    """Raises Violation if a member has several values in the responses inside the events."""
    found = carried_responses(exchange)
    values = [response[name] for _, _, response in found if name in response]
    for place, _, response in found:
        if name not in response and values:
            expected = f"{expect.display_text(values[0])}, as in another event"
            raise Violation(expected, ABSENT, where=place, at=f"/response/{name}")
        expect.equal(response.get(name), values[0] if values else None, where=place, at=f"/response/{name}")


@check("responses.one-id")
def test_one_id(exchange: Exchange) -> None:
    """Every event that carries the response tells the same id."""
    is_constant(exchange, "id")


@check("responses.one-created")
def test_one_created(exchange: Exchange) -> None:
    """Every event that carries the response tells the same created_at."""
    is_constant(exchange, "created_at")


@check("responses.one-model")
def test_one_model(exchange: Exchange) -> None:
    """Every event that carries the response names the same model."""
    is_constant(exchange, "model")


@check("responses.status")
def test_status(exchange: Exchange) -> None:
    """The status of the response in an event is the one in the event's name."""
    for place, kind, response in carried_responses(exchange):
        wanted, found = STATUSES_BY_EVENT.get(kind), response.get("status")
        expect.condition(
            not wanted or found in wanted, " or ".join(wanted or ()), found, where=place, at="/response/status"
        )
        if kind == "response.incomplete":
            reason = expect.member(response, "/incomplete_details/reason", str, where=f"{place} /response")
            expect.condition(bool(reason), "a reason", reason, where=place, at="/response/incomplete_details/reason")


@check("responses.item-status")
def test_item_status(exchange: Exchange) -> None:
    """A message or a call is in progress when it is added, and no longer when it is done."""
    for place, kind, value in typed_events(exchange):
        wanted, item = ITEM_STATUSES_BY_EVENT.get(kind), value.get("item")
        if wanted and isinstance(item, dict) and item.get("type") in ("message", "function_call"):
            found = item.get("status", wanted[0])
            expect.condition(found in wanted, " or ".join(wanted), found, where=place, at="/item/status")


def number_of_item(value: Mapping[str, Any], place: str) -> Any:
    """The index of the item that an event is about. Raises Violation if the event has none."""
    if "output_index" not in value:
        raise Violation("the index of the item", ABSENT, where=place, at="/output_index", judged_by="schema.chunks")
    return value["output_index"]


@check("responses.indexes")
def test_indexes(exchange: Exchange) -> None:
    """The items of the output are numbered from zero in the order in which they come, and so are the parts of each."""
    items, parts = 0, dict[str, int]()
    for place, kind, value in typed_events(exchange):
        if kind == "response.output_item.added":
            expect.equal(number_of_item(value, place), items, where=place, at="/output_index")
            items += 1
        if kind == "response.content_part.added":
            item = str(number_of_item(value, place))
            expect.equal(value.get("content_index"), parts.get(item, 0), where=place, at="/content_index")
            parts[item] = parts.get(item, 0) + 1


@check("responses.closed")
def test_closed(exchange: Exchange) -> None:
    """In a completed stream, each item, part, text and list of arguments that begins also ends, once."""
    found = typed_events(exchange)
    if found[-1][1] != "response.completed":
        require_final_event(exchange)
        raise Inconclusive("the response was not completed")
    expected_ends: dict[tuple[str, str, str], str] = {}
    ended: set[tuple[str, str, str]] = set()
    for place, kind, value in found:
        at = item_and_part(value)
        if kind in ENDED_BY:
            expected_ends.setdefault((ENDED_BY[kind], *at), place)
        if kind in ENDED_BY.values():
            expect.condition((kind, *at) not in ended, f"one {kind}", "another", where=place)
            ended.add((kind, *at))
    for mark, place in expected_ends.items():
        expect.condition(mark in ended, f"{mark[0]} for what begins here", "none", where=place)


def item_and_part(value: Mapping[str, Any]) -> tuple[str, str]:
    """The indexes of the item and the part that an event is about."""
    return str(value.get("output_index")), str(value.get("content_index"))


@check("responses.items")
def test_items(exchange: Exchange) -> None:
    """The output of the last event's response is the items that were done, each at its index and member for member."""
    place, response = final_response(exchange)
    output = expect.member(response, "/output", list, where=f"{place} /response")
    done = {
        str(number_of_item(value, event)): value for event, kind, value in typed_events(exchange) if kind == ITEM_DONE
    }
    expect.equal(sorted(done), sorted(map(str, range(len(output)))), where=place, at="/response/output")
    for at, item in enumerate(output):
        are_equal_items(item, done[str(at)].get("item"), place, f"/response/output/{at}")


def are_equal_items(item: Any, done: Any, place: str, at: str) -> None:
    """Raises Violation unless two forms of an item are equal, member for member."""
    if not isinstance(item, dict) or not isinstance(done, dict):
        expect.equal(item, done, where=place, at=at)
        return
    for name in (*done, *(name for name in item if name not in done)):
        expect.equal(item.get(name, ABSENT), done.get(name, ABSENT), where=place, at=f"{at}/{name}")


@check("responses.parts")
def test_parts(exchange: Exchange) -> None:
    """A part that is done has the text that was told, and an item that is done has its parts as they were done."""
    texts: dict[tuple[str, str], Any] = {}
    parts: dict[tuple[str, str], Mapping[str, Any]] = {}
    for place, kind, value in typed_events(exchange):
        at, part, item = item_and_part(value), value.get("part"), value.get("item")
        if kind in ("response.output_text.done", "response.reasoning_text.done"):
            texts[at] = value.get("text")
        if kind == "response.content_part.done" and isinstance(part, dict):
            expect.equal(part.get("text"), texts.get(at, part.get("text")), where=place, at="/part/text")
            parts[at] = part
        if kind == ITEM_DONE and isinstance(item, dict) and item.get("type") == "message":
            content = item.get("content")
            told = [type_and_text(parts[mark]) for mark in sorted(parts, key=numeric_order) if mark[0] == at[0]]
            actual = [type_and_text(one) for one in content] if isinstance(content, list) else []
            expect.equal(actual, told, where=place, at="/item/content")


def numeric_order(mark: tuple[str, str]) -> tuple[int, str]:
    """The sort key that orders indexes as numbers."""
    return len(mark[1]), mark[1]


def type_and_text(part: Any) -> Any:
    """Type and text of a part."""
    return [part.get("type"), part.get("text")] if isinstance(part, dict) else part


@check("responses.stream-usage")
def test_stream_usage(exchange: Exchange) -> None:
    """The response of the last event counts the tokens, and their total is the sum of input and output."""
    place, response = final_response(exchange)
    where = f"{place} /response"
    counts = [expect.member(response, f"/usage/{name}_tokens", int, where=where) for name in ("input", "output")]
    total = expect.member(response, "/usage/total_tokens", int, where=where)
    judged_by = expect.check_for_total(total, counts)
    expect.equal(total, sum(counts), where=place, at="/response/usage/total_tokens", judged_by=judged_by)
