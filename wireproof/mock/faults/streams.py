"""Faults of a stream: events left out, added, moved, or not framed as events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.dialects import (
    DONE,
    Events,
    anthropic,
    bad_utf8,
    broken,
    half,
    is_done,
    is_json,
    multiline,
    ollama,
    plain_texts,
    split_json,
)
from wireproof.mock.faults.places import calls, deltas, finishes, speaks, without
from wireproof.mock.lapse import Lapse
from wireproof.mock.message import Op, Ops, Received
from wireproof.mock.said import SSE_TYPE, Answer, Event, Said, Told, event_bytes


def telling(change: Callable[[Events], Events], frame: Callable[[Ops], Ops] | None = None) -> Lapse:
    """A lapse that changes the events of a stream."""

    def say(answer: Answer, received: Received) -> Answer:
        return replace(answer, events=change(answer.events)) if isinstance(answer, Told) else answer

    return Lapse(say=say, frame=frame)


def raw_blocks(change: Callable[[bytes], bytes]) -> Lapse:
    """A lapse that rewrites the bytes of every event."""
    return telling(lambda events: tuple(Event(change(event_bytes(event))) for event in events))


def leaving_out(wanted: Callable[[Event], bool], frame: Callable[[Ops], Ops] | None = None) -> Lapse:
    return Lapse(say=without(wanted), frame=frame)


def each_value(change: Callable[[int, Any], Any]) -> Lapse:
    """A lapse that changes the JSON of every event, by its place."""

    def changed(events: Events) -> Events:
        return tuple(
            replace(event, data=change(place, event.data)) if isinstance(event.data, dict) else event
            for place, event in enumerate(events)
        )

    return telling(changed)


def inserted(place: int, *new: Event) -> Lapse:
    return telling(lambda events: (*events[:place], *new, *events[place:]))


def typed(kind: str) -> Callable[[Event], bool]:
    def wanted(event: Event) -> bool:
        return isinstance(event.data, dict) and event.data.get("type") == kind

    return wanted


def hanging(ops: Ops) -> Ops:
    """The body never ends."""
    if not any(op.kind == "last" for op in ops):
        return ops
    return (*(op for op in ops if op.kind not in ("last", "close")), Op("hang"))


def error_event(named: str | None) -> Event:
    return Event(
        {"error": {"message": "The upstream failed.", "type": "server_error", "param": None, "code": None}}, named
    )


def usage_in_finish(events: Events) -> Events:
    """The usage moves from its own chunk into the finish chunk."""
    usage = next((event.data["usage"] for event in events if is_json(event) and event.data.get("choices") == []), None)
    if usage is None:
        return events
    kept = [event for event in events if not (is_json(event) and event.data.get("choices") == [])]
    return tuple(
        replace(event, data=event.data | {"usage": usage}) if is_json(event) and finishes(event.data) else event
        for event in kept
    )


def swapped(events: Events) -> Events:
    """Two neighbouring texts change places."""
    texts = [place for place, event in enumerate(events) if is_json(event) and speaks(event.data)]
    if len(texts) < 2:
        return events
    made = list(events)
    made[texts[0]], made[texts[1]] = made[texts[1]], made[texts[0]]
    return tuple(made)


def repeated(wanted: Callable[[Any], bool]) -> Callable[[Events], Events]:
    """The first wanted event comes twice."""

    def change(events: Events) -> Events:
        found = [place for place, event in enumerate(events) if is_json(event) and wanted(event.data)]
        return events if not found else (*events[: found[0] + 1], *events[found[0] :])

    return change


def first_text_lost(events: Events) -> Events:
    lost = next((place for place, event in enumerate(events) if is_json(event) and speaks(event.data)), len(events))
    return events[:lost] + events[lost + 1 :]


def last_call(events: Events) -> int:
    found = [place for place, event in enumerate(events) if is_json(event) and calls(event.data)]
    return found[-1] if found else -1


def calls_as_object(place: int, value: Any) -> Any:
    for delta in deltas(value):
        if delta.get("tool_calls"):
            delta["tool_calls"] = delta["tool_calls"][0]
    return value


def id_repeated(events: Events) -> Events:
    """Every fragment of a call repeats the call's id."""
    known: dict[int, str] = {}
    for event in events:
        for call in calls(event.data) if is_json(event) else ():
            known.setdefault(call["index"], call.get("id", ""))
            call["id"] = known[call["index"]]
    return events


def refused_in_stream(answer: Answer, received: Received) -> Answer:
    """A refusal of a stream comes as an event under status 200."""
    if (
        isinstance(answer, Said)
        and answer.status >= 400
        and b'"stream": true' in received.body.replace(b'":true', b'": true')
    ):
        headers = tuple(pair for pair in answer.headers if pair[0].lower() != "content-type")
        return Told(200, (Event(answer.value), Event(DONE)), (("Content-Type", SSE_TYPE), *headers))
    return answer


def no_natural_stop(place: int, value: Any) -> Any:
    """Only the length is ever reported as a finish."""
    for choice in value.get("choices") or ():
        choice["finish_reason"] = None if choice.get("finish_reason") == "stop" else choice.get("finish_reason")
    return value


def finish_with_content(events: Events) -> Events:
    """The last text comes together with the finish."""
    ends = [place for place, event in enumerate(events) if is_json(event) and finishes(event.data)]
    if len(ends) != 1 or ends[0] == 0 or not is_json(events[ends[0] - 1]) or not speaks(events[ends[0] - 1].data):
        return events
    last, end = events[ends[0] - 1].data, events[ends[0]].data
    choices = [last["choices"][0] | {"finish_reason": end["choices"][0]["finish_reason"]}]
    return (*events[: ends[0] - 1], Event(end | {"choices": choices}), *events[ends[0] + 1 :])


def blank_at_end(events: Events) -> Events:
    """A choice without a delta follows the finish chunk."""
    ends = [place for place, event in enumerate(events) if is_json(event) and finishes(event.data)]
    if not ends:
        return events
    blank = Event(events[ends[-1]].data | {"choices": [{"index": 0, "finish_reason": None}]})
    return (*events[: ends[-1] + 1], blank, *events[ends[-1] + 1 :])


def reasoning(event: Event) -> Event:
    delta = {"index": 0, "delta": {"reasoning_content": "Let me think."}, "finish_reason": None}
    return replace(event, data=event.data | {"choices": [delta]}) if is_json(event) else event


def split_after_cr(ops: Ops) -> Ops:
    """Every chunk ends between a CR and its LF."""
    made: list[Op] = []
    for op in ops:
        parts = [replace(op, data=op.data[:-1]), replace(op, data=op.data[-1:])]
        made += parts if op.kind == "chunk" and len(op.data) > 1 else [op]
    return tuple(made)


LAPSES: Mapping[str, Lapse] = {
    "stream-natural-stop-null": each_value(no_natural_stop),
    "stream-content-with-finish": telling(finish_with_content),
    "stream-blank-chunk-at-end": telling(blank_at_end),
    "stream-reasoning-unannounced": telling(
        lambda events: (*events[:1], *(reasoning(event) for event in events[:1]), *events[1:])
    ),
    "sse-id-and-comment": inserted(1, Event(b"id: 1\n: keep-alive\n\n")),
    "sse-crlf-split": telling(
        lambda events: tuple(Event(event_bytes(event).replace(b"\n", b"\r\n")) for event in events), split_after_cr
    ),
    "done-missing": leaving_out(is_done),
    "done-missing-and-open": leaving_out(is_done, hanging),
    "done-then-open": Lapse(frame=hanging),
    "done-twice": telling(lambda events: (*events, Event(DONE))),
    "done-in-lower-case": telling(
        lambda events: tuple(Event("[done]") if is_done(event) else event for event in events)
    ),
    "done-before-the-end": telling(lambda events: (*events[:-2], events[-1], events[-2])),
    "finish-and-done-missing": leaving_out(lambda event: is_done(event) or (is_json(event) and finishes(event.data))),
    "finish-chunk-missing": leaving_out(lambda event: is_json(event) and finishes(event.data)),
    "finish-chunk-twice": telling(repeated(finishes)),
    "stream-id-changes": each_value(lambda place, value: value | {"id": f"chatcmpl-{place}"}),
    "stream-created-changes": each_value(lambda place, value: value | {"created": value.get("created", 0) + place}),
    "stream-model-changes": each_value(lambda place, value: value | {"model": f"model-{place}"}),
    "stream-token-lost": telling(first_text_lost),
    "stream-token-twice": telling(repeated(speaks)),
    "stream-tokens-swapped": telling(swapped),
    "stream-usage-in-finish-chunk": telling(usage_in_finish),
    "stream-broken-json": telling(broken),
    "stream-json-cut": telling(split_json),
    "stream-plain-text": telling(plain_texts),
    "stream-json-lines": telling(ollama),
    "stream-vendor-dialect": telling(anthropic),
    "stream-invalid-utf8": telling(bad_utf8),
    "stream-single-newline": raw_blocks(lambda block: block[:-1]),
    "stream-unframed": raw_blocks(lambda block: block.removeprefix(b"data: ")),
    "stream-data-in-capitals": raw_blocks(lambda block: block.replace(b"data: ", b"Data: ", 1)),
    "sse-no-space": raw_blocks(lambda block: block.replace(b"data: ", b"data:")),
    "sse-crlf": raw_blocks(lambda block: block.replace(b"\n", b"\r\n")),
    "sse-bare-cr": raw_blocks(lambda block: block.replace(b"\n", b"\r")),
    "sse-comments": raw_blocks(lambda block: b": keep-alive\n\n" + block),
    "sse-bare-colons": raw_blocks(lambda block: b":\n\n" + block),
    "sse-empty-data": inserted(1, Event(b"data:\n\n")),
    "sse-retry-first": inserted(0, Event(b"retry: 3000\n\n")),
    "sse-data-over-lines": raw_blocks(multiline),
    "sse-comment-as-data": inserted(1, Event(b"data: : keep-alive\n\n")),
    "sse-vendor-event": inserted(1, Event({"tool": "x", "status": "running"}, "vendor.tool.progress")),
    "sse-extra-chunk": telling(lambda events: (*events[:-1], Event({"choices": [], "cost": "0"}), events[-1])),
    "sse-byte-order-mark": inserted(1, Event(b"\xef\xbb\xbf")),
    "error-in-stream": telling(lambda events: (*half(events), error_event(None), Event(DONE))),
    "error-event-named": telling(lambda events: (*half(events), error_event("error"))),
    "error-as-text-in-stream": telling(
        lambda events: (*half(events), Event("Number of choices must be greater than 0."))
    ),
    "refusal-in-stream": Lapse(say=refused_in_stream),
    "tool-stream-calls-object": each_value(calls_as_object),
    "tool-stream-id-repeated": telling(id_repeated),
    "tool-stream-arguments-lost": telling(
        lambda events: tuple(event for place, event in enumerate(events) if place != last_call(events))
    ),
    "response-completed-missing": leaving_out(typed("response.completed")),
    "response-created-missing": leaving_out(typed("response.created")),
    "response-text-done-missing": leaving_out(typed("response.output_text.done")),
    "response-item-added-missing": leaving_out(typed("response.output_item.added")),
    "response-deltas-missing": leaving_out(typed("response.output_text.delta")),
    "response-open-at-end": Lapse(frame=hanging),
    "response-done-marker": telling(lambda events: (*events, Event("null"), Event(DONE))),
    "response-events-unnamed": telling(lambda events: tuple(replace(event, name=None) for event in events)),
    "response-events-misnamed": telling(lambda events: tuple(replace(event, name="message") for event in events)),
    "response-error-enveloped": telling(lambda events: (*half(events), error_event(None))),
}
