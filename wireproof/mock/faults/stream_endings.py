"""Faults of the end of a stream: its finish, its usage, its last marker, its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import finishes, speaks
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.stream_edits import (
    DONE,
    Events,
    each_value,
    half,
    hanging,
    is_done,
    is_json,
    leaving_out,
    repeated,
    telling,
    typed,
)
from wireproof.mock.protocol.answers import SSE_TYPE, Answer, OutgoingEvent, PlainAnswer, StreamAnswer, event_bytes
from wireproof.mock.protocol.messages import HttpRequest


def error_event(named: str | None) -> OutgoingEvent:
    return OutgoingEvent(
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
    return (*events[: ends[0] - 1], OutgoingEvent(end | {"choices": choices}), *events[ends[0] + 1 :])


def blank_at_end(events: Events) -> Events:
    """A choice without a delta follows the finish chunk."""
    ends = [place for place, event in enumerate(events) if is_json(event) and finishes(event.data)]
    if not ends:
        return events
    blank = OutgoingEvent(events[ends[-1]].data | {"choices": [{"index": 0, "finish_reason": None}]})
    return (*events[: ends[-1] + 1], blank, *events[ends[-1] + 1 :])


def refused_in_stream(answer: Answer, received: HttpRequest) -> Answer:
    """A refusal of a stream comes as an event under status 200."""
    if (
        isinstance(answer, PlainAnswer)
        and answer.status >= 400
        and b'"stream": true' in received.body.replace(b'":true', b'": true')
    ):
        headers = tuple(pair for pair in answer.headers if pair[0].lower() != "content-type")
        return StreamAnswer(
            200, (OutgoingEvent(answer.value), OutgoingEvent(DONE)), (("Content-Type", SSE_TYPE), *headers)
        )
    return answer


def last_line_alone(events: Events) -> Events:
    """The last event ends with its line, and no blank line follows."""
    return (*events[:-1], OutgoingEvent(event_bytes(events[-1])[:-1]))


def finish_before_text(events: Events) -> Events:
    """The chunk with the finish reason changes places with the text before it."""
    at = next((place for place, event in enumerate(events) if is_json(event) and finishes(event.data)), 0)
    if at < 2 or not speaks(events[at - 1].data):
        return events
    return (*events[: at - 1], events[at], events[at - 1], *events[at + 1 :])


LAPSES: Mapping[str, Lapse] = {
    "stream-natural-stop-null": each_value(no_natural_stop),
    "stream-content-with-finish": telling(finish_with_content),
    "stream-blank-chunk-at-end": telling(blank_at_end),
    "done-missing": leaving_out(is_done),
    "done-missing-and-open": leaving_out(is_done, hanging),
    "done-then-open": Lapse(frame=hanging),
    "done-twice": telling(lambda events: (*events, OutgoingEvent(DONE))),
    "done-in-lower-case": telling(
        lambda events: tuple(OutgoingEvent("[done]") if is_done(event) else event for event in events)
    ),
    "done-before-the-end": telling(lambda events: (*events[:-2], events[-1], events[-2])),
    "finish-and-done-missing": leaving_out(lambda event: is_done(event) or (is_json(event) and finishes(event.data))),
    "finish-chunk-missing": leaving_out(lambda event: is_json(event) and finishes(event.data)),
    "finish-chunk-twice": telling(repeated(finishes)),
    "finish-before-text": telling(finish_before_text),
    "stream-last-blank-missing": telling(last_line_alone),
    "stream-usage-in-finish-chunk": telling(usage_in_finish),
    "error-in-stream": telling(lambda events: (*half(events), error_event(None), OutgoingEvent(DONE))),
    "error-event-named": telling(lambda events: (*half(events), error_event("error"))),
    "error-as-text-in-stream": telling(
        lambda events: (*half(events), OutgoingEvent("Number of choices must be greater than 0."))
    ),
    "error-as-text-member-in-stream": telling(
        lambda events: (*half(events), OutgoingEvent({"error": "It failed."}), OutgoingEvent(DONE))
    ),
    "error-before-the-rest": telling(lambda events: (*half(events), error_event(None), *events[len(half(events)) :])),
    "refusal-in-stream": Lapse(say=refused_in_stream),
    "response-completed-missing": leaving_out(typed("response.completed")),
    "response-open-at-end": Lapse(frame=hanging),
    "response-done-marker": telling(lambda events: (*events, OutgoingEvent("null"), OutgoingEvent(DONE))),
    "response-error-enveloped": telling(lambda events: (*half(events), error_event(None))),
}
