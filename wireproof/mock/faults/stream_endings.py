"""Faults of the end of a stream: the finish chunk, the usage, the end marker, errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import has_finish, has_text
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import (
    DONE_DATA,
    Events,
    drop_events,
    first_half,
    hang_at_end,
    has_type,
    is_done,
    is_json,
    on_each_event,
    on_stream,
    repeat_first,
)
from wireproof.mock.protocol.answers import SSE_TYPE, Answer, OutgoingEvent, PlainAnswer, StreamAnswer, event_bytes
from wireproof.mock.protocol.messages import HttpRequest


def error_event(name: str | None) -> OutgoingEvent:
    return OutgoingEvent(
        {"error": {"message": "The upstream failed.", "type": "server_error", "param": None, "code": None}}, name
    )


def move_usage_to_finish(events: Events) -> Events:
    """Moves the usage from its own chunk into the finish chunk."""
    usage = next((event.data["usage"] for event in events if is_json(event) and event.data.get("choices") == []), None)
    if usage is None:
        return events
    others = [event for event in events if not (is_json(event) and event.data.get("choices") == [])]
    return tuple(
        replace(event, data=event.data | {"usage": usage}) if is_json(event) and has_finish(event.data) else event
        for event in others
    )


def drop_stop_reason(place: int, value: Any) -> Any:
    """Replaces the finish_reason stop by null."""
    for choice in value.get("choices") or ():
        choice["finish_reason"] = None if choice.get("finish_reason") == "stop" else choice.get("finish_reason")
    return value


def merge_text_with_finish(events: Events) -> Events:
    """Joins the last text and the finish chunk."""
    ends = [place for place, event in enumerate(events) if is_json(event) and has_finish(event.data)]
    if len(ends) != 1 or ends[0] == 0 or not is_json(events[ends[0] - 1]) or not has_text(events[ends[0] - 1].data):
        return events
    last, end = events[ends[0] - 1].data, events[ends[0]].data
    choices = [last["choices"][0] | {"finish_reason": end["choices"][0]["finish_reason"]}]
    return (*events[: ends[0] - 1], OutgoingEvent(end | {"choices": choices}), *events[ends[0] + 1 :])


def add_blank_choice(events: Events) -> Events:
    """Adds a chunk whose choice has no delta behind the finish chunk."""
    ends = [place for place, event in enumerate(events) if is_json(event) and has_finish(event.data)]
    if not ends:
        return events
    blank = OutgoingEvent(events[ends[-1]].data | {"choices": [{"index": 0, "finish_reason": None}]})
    return (*events[: ends[-1] + 1], blank, *events[ends[-1] + 1 :])


def refuse_in_stream(answer: Answer, received: HttpRequest) -> Answer:
    """Sends the refusal of a stream as an event under status 200."""
    if (
        isinstance(answer, PlainAnswer)
        and answer.status >= 400
        and b'"stream": true' in received.body.replace(b'":true', b'": true')
    ):
        headers = tuple(pair for pair in answer.headers if pair[0].lower() != "content-type")
        return StreamAnswer(
            200, (OutgoingEvent(answer.value), OutgoingEvent(DONE_DATA)), (("Content-Type", SSE_TYPE), *headers)
        )
    return answer


def drop_last_blank_line(events: Events) -> Events:
    """Drops the blank line behind the last event."""
    return (*events[:-1], OutgoingEvent(event_bytes(events[-1])[:-1]))


def swap_finish_and_text(events: Events) -> Events:
    """Swaps the finish chunk and the text before it."""
    finish = next((place for place, event in enumerate(events) if is_json(event) and has_finish(event.data)), 0)
    if finish < 2 or not has_text(events[finish - 1].data):
        return events
    return (*events[: finish - 1], events[finish], events[finish - 1], *events[finish + 1 :])


HOOKS: Mapping[str, FaultHooks] = {
    "stream-natural-stop-null": on_each_event(drop_stop_reason),
    "stream-content-with-finish": on_stream(merge_text_with_finish),
    "stream-blank-chunk-at-end": on_stream(add_blank_choice),
    "done-missing": drop_events(is_done),
    "done-missing-and-open": drop_events(is_done, hang_at_end),
    "done-then-open": FaultHooks(on_wire=hang_at_end),
    "done-twice": on_stream(lambda events: (*events, OutgoingEvent(DONE_DATA))),
    "done-in-lower-case": on_stream(
        lambda events: tuple(OutgoingEvent("[done]") if is_done(event) else event for event in events)
    ),
    "done-before-the-end": on_stream(lambda events: (*events[:-2], events[-1], events[-2])),
    "finish-and-done-missing": drop_events(lambda event: is_done(event) or (is_json(event) and has_finish(event.data))),
    "finish-chunk-missing": drop_events(lambda event: is_json(event) and has_finish(event.data)),
    "finish-chunk-twice": on_stream(repeat_first(has_finish)),
    "finish-before-text": on_stream(swap_finish_and_text),
    "stream-last-blank-missing": on_stream(drop_last_blank_line),
    "stream-usage-in-finish-chunk": on_stream(move_usage_to_finish),
    "error-in-stream": on_stream(lambda events: (*first_half(events), error_event(None), OutgoingEvent(DONE_DATA))),
    "error-event-named": on_stream(lambda events: (*first_half(events), error_event("error"))),
    "error-as-text-in-stream": on_stream(
        lambda events: (*first_half(events), OutgoingEvent("Number of choices must be greater than 0."))
    ),
    "error-as-text-member-in-stream": on_stream(
        lambda events: (*first_half(events), OutgoingEvent({"error": "It failed."}), OutgoingEvent(DONE_DATA))
    ),
    "error-before-the-rest": on_stream(
        lambda events: (*first_half(events), error_event(None), *events[len(first_half(events)) :])
    ),
    "refusal-in-stream": FaultHooks(on_answer=refuse_in_stream),
    "response-completed-missing": drop_events(has_type("response.completed")),
    "response-open-at-end": FaultHooks(on_wire=hang_at_end),
    "response-done-marker": on_stream(lambda events: (*events, OutgoingEvent("null"), OutgoingEvent(DONE_DATA))),
    "response-error-enveloped": on_stream(lambda events: (*first_half(events), error_event(None))),
}
