"""The Responses API, streamed: typed events in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Noted, Violation, check, json_pointer

END_EVENTS = ("response.completed", "response.incomplete", "response.failed", "error")
OPENING_EVENTS = {
    "response.content_part.added": "response.output_item.added",
    "response.output_text.delta": "response.content_part.added",
    "response.output_text.done": "response.content_part.added",
    "response.content_part.done": "response.output_text.done",
    "response.output_item.done": "response.output_item.added",
    "response.function_call_arguments.delta": "response.output_item.added",
    "response.function_call_arguments.done": "response.output_item.added",
}
# The member of the ending event that equals the joined deltas.
MEMBERS_OF_JOINED_DELTAS = {
    "response.output_text": "text",
    "response.reasoning_text": "text",
    "response.reasoning_summary_text": "text",
    "response.refusal": "refusal",
    "response.function_call_arguments": "arguments",
}


def part_key(value: Mapping[str, Any]) -> str:
    """The key of the output part that an event is about."""
    return f"{value.get('output_index')}/{value.get('content_index')}"


def response_text(response: Mapping[str, Any]) -> str:
    """The text of a whole response."""
    parts = (part for _, part in json_pointer.find(response, "/output/*/content/*") if isinstance(part, dict))
    return "".join(str(part.get("text")) for part in parts if part.get("type") == "output_text")


def joined_deltas(exchange: Exchange) -> str:
    """The text that the deltas of a stream join to."""
    deltas = [value.get("delta") for _, kind, value in expect.events(exchange) if kind == "response.output_text.delta"]
    return "".join(str(delta) for delta in deltas)


@check("responses.opens", proves_obeyed=("stream",))
def test_opens(exchange: Exchange) -> None:
    """The first event of a stream is response.created."""
    place, kind, _ = expect.events(exchange)[0]
    expect.equal(kind, "response.created", where=place)


@check("responses.ends")
def test_ends(exchange: Exchange) -> None:
    """The last event of a stream is response.completed, response.incomplete, response.failed or error."""
    place, kind, _ = expect.events(exchange)[-1]
    expect.condition(kind in END_EVENTS, " or ".join(END_EVENTS), kind, where=place)


@check("responses.names")
def test_names(exchange: Exchange) -> None:
    """The name of each event is the type that its data tells."""
    for event, (place, kind, _) in zip(expect.event_stream(exchange).events, expect.events(exchange), strict=False):
        if event.event != kind:
            raise Violation(str(kind), event.event or "missing", where=place)


@check("responses.sequence")
def test_sequence(exchange: Exchange) -> None:
    """The sequence numbers of a stream rise by one from event to event."""
    found = [(place, value.get("sequence_number")) for place, _, value in expect.events(exchange)]
    start = found[0][1] if isinstance(found[0][1], int) else 0
    for at, (place, number) in enumerate(found):
        if number != start + at:
            # A number that is missing is a matter of the form.
            actual, judged_by = (str(number), None) if number is not None else ("missing", "schema.chunks")
            raise Violation(str(start + at), actual, where=place, at="/sequence_number", judged_by=judged_by)


@check("responses.no-done")
def test_no_done(exchange: Exchange) -> None:
    """A stream of typed events has no [DONE]."""
    done = expect.event_stream(exchange).done
    expect.condition(done is None, "no [DONE]", done and done.data, where="last event")


def find_opener(kind: str, value: Mapping[str, Any]) -> str | None:
    """The event that must come before one of this kind; a part that is no text has no text to end."""
    part = value.get("part")
    if kind == "response.content_part.done" and isinstance(part, dict) and part.get("type") != "output_text":
        return "response.content_part.added"
    return OPENING_EVENTS.get(kind)


@check("responses.order")
def test_order(exchange: Exchange) -> None:
    """An item is added before its parts, a part before its text, and each is done after that."""
    seen: set[tuple[str, str]] = set()
    for place, kind, value in expect.events(exchange):
        opener = find_opener(kind, value)
        item = str(value.get("output_index"))
        part = item if "output_item" in (opener or kind) else part_key(value)
        if opener is not None:
            expect.condition((opener, part) in seen, f"{opener} before {kind}", f"{kind} without it", where=place)
        seen |= {(kind, item), (kind, part_key(value))}


@check("responses.deltas")
def test_deltas(exchange: Exchange) -> None:
    """The deltas of a text, or of the arguments of a call, join to what is told when it is done."""
    joined: dict[tuple[str, str], str] = {}
    at_once = 0
    for place, kind, value in expect.events(exchange):
        stem, _, moment = kind.rpartition(".")
        part, name = (stem, f"{part_key(value)}/{value.get('summary_index')}"), MEMBERS_OF_JOINED_DELTAS.get(stem)
        if name and moment == "delta":
            joined[part] = joined.get(part, "") + str(value.get("delta"))
        if name and moment == "done":
            told, found = joined.get(part), value.get(name)
            # No promise says that the arguments of a call come in deltas.
            if told is None and name == "arguments" and found:
                at_once += 1
                continue
            wanted = f"{expect.display_text(told)}, which the deltas join to" if told else "no text, as without a delta"
            expect.condition(found == (told or ""), wanted, found, where=place, at=f"/{name}")
    if at_once:
        raise Noted(f"the arguments of {at_once} calls come at once, without deltas")


@check("responses.text-done")
def test_text_done(exchange: Exchange) -> None:
    """A stream with text tells it whole in response.output_text.done."""
    kinds = [kind for _, kind, _ in expect.events(exchange)]
    expect.condition("response.output_text.done" in kinds, "response.output_text.done", kinds, where="stream")


@check("responses.item-ids")
def test_item_ids(exchange: Exchange) -> None:
    """An item of the output has one id in all events about it."""
    ids: dict[str, Any] = {}
    for place, _, value in expect.events(exchange):
        item = value.get("item")
        found = item.get("id") if isinstance(item, dict) else value.get("item_id")
        if found is not None and "output_index" in value:
            first = ids.setdefault(str(value["output_index"]), found)
            expect.equal(found, first, where=place, at="/item_id")


@check("responses.final-text")
def test_final_text(exchange: Exchange) -> None:
    """The response that the last event carries has the text that the deltas told."""
    place, _, last = expect.events(exchange)[-1]
    expect.member(last, "/response/output", list, where=place)
    expect.equal(response_text(last["response"]), joined_deltas(exchange), where=place, at="/response/output")


@check("responses.same-text")
def test_same_text(plain: Exchange, stream: Exchange) -> None:
    """A request has the same text whether it is streamed or not."""
    expect.equal(joined_deltas(stream), response_text(expect.answer(plain)), at="/output")


@check("responses.either-stream")
def test_either_stream(exchange: Exchange) -> None:
    """A streamed response is told in typed events up to the last of them, or in chunks as of a chat up to [DONE]."""
    found = expect.events(exchange)
    place, last, _ = found[-1]
    if any(kind.startswith("response.") for _, kind, _ in found):
        expect.equal(found[0][1], "response.created", where=found[0][0])
        expect.condition(last in END_EVENTS, " or ".join(END_EVENTS), last, where=place)
        return
    expect.condition(all("choices" in value for _, _, value in found), "chunks with choices", last, where=place)
    expect.condition(expect.event_stream(exchange).done is not None, "[DONE]", last, where=place)


@check("responses.streams-text", proves_obeyed=("stream",))
def test_streams_text(exchange: Exchange) -> None:
    """The deltas of a streamed response, in typed events or in chunks as of a chat, join to text."""
    text = joined_deltas(exchange) or expect.text(exchange)
    expect.condition(bool(text.strip()), "text", text or "nothing", where="stream")
