"""Faults of the chunks of a stream: lost, doubled, swapped, or telling something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import chunk_calls, chunk_deltas, has_text
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import (
    Events,
    drop_events,
    has_type,
    is_json,
    on_each_event,
    on_stream,
    repeat_first,
)
from wireproof.mock.protocol.answers import OutgoingEvent


def swap_texts(events: Events) -> Events:
    """Two neighbouring texts change places."""
    texts = [place for place, event in enumerate(events) if is_json(event) and has_text(event.data)]
    if len(texts) < 2:
        return events
    made = list(events)
    made[texts[0]], made[texts[1]] = made[texts[1]], made[texts[0]]
    return tuple(made)


def drop_first_text(events: Events) -> Events:
    lost = next((place for place, event in enumerate(events) if is_json(event) and has_text(event.data)), len(events))
    return events[:lost] + events[lost + 1 :]


def drop_last_call_part(events: Events) -> Events:
    """The last event with a part of a call is left out."""
    found = [place for place, event in enumerate(events) if is_json(event) and chunk_calls(event.data)]
    return (*events[: found[-1]], *events[found[-1] + 1 :]) if found else events


def calls_as_object(place: int, value: Any) -> Any:
    for delta in chunk_deltas(value):
        if delta.get("tool_calls"):
            delta["tool_calls"] = delta["tool_calls"][0]
    return value


def repeat_call_ids(events: Events) -> Events:
    """Every fragment of a call repeats the call's id."""
    known: dict[int, str] = {}
    for event in events:
        for call in chunk_calls(event.data) if is_json(event) else ():
            known.setdefault(call["index"], call.get("id", ""))
            call["id"] = known[call["index"]]
    return events


def as_reasoning(event: OutgoingEvent) -> OutgoingEvent:
    delta = {"index": 0, "delta": {"reasoning_content": "Let me think."}, "finish_reason": None}
    return replace(event, data=event.data | {"choices": [delta]}) if is_json(event) else event


HOOKS: Mapping[str, FaultHooks] = {
    "stream-reasoning-unannounced": on_stream(
        lambda events: (*events[:1], *(as_reasoning(event) for event in events[:1]), *events[1:])
    ),
    "stream-id-changes": on_each_event(lambda place, value: value | {"id": f"chatcmpl-{place}"}),
    "stream-created-changes": on_each_event(lambda place, value: value | {"created": value.get("created", 0) + place}),
    "stream-model-changes": on_each_event(lambda place, value: value | {"model": f"model-{place}"}),
    "stream-token-lost": on_stream(drop_first_text),
    "stream-token-twice": on_stream(repeat_first(has_text)),
    "stream-tokens-swapped": on_stream(swap_texts),
    "tool-stream-calls-object": on_each_event(calls_as_object),
    "tool-stream-id-repeated": on_stream(repeat_call_ids),
    "tool-stream-arguments-lost": on_stream(drop_last_call_part),
    "response-created-missing": drop_events(has_type("response.created")),
    "response-text-done-missing": drop_events(has_type("response.output_text.done")),
    "response-item-added-missing": drop_events(has_type("response.output_item.added")),
    "response-deltas-missing": drop_events(has_type("response.output_text.delta")),
    "response-events-unnamed": on_stream(lambda events: tuple(replace(event, name=None) for event in events)),
    "response-events-misnamed": on_stream(lambda events: tuple(replace(event, name="message") for event in events)),
}
