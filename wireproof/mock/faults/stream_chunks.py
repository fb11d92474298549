"""Faults of the chunks of a stream: lost, repeated, swapped, or with other values."""

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
    """Swaps the first two texts."""
    places = [place for place, event in enumerate(events) if is_json(event) and has_text(event.data)]
    if len(places) < 2:
        return events
    swapped = list(events)
    swapped[places[0]], swapped[places[1]] = swapped[places[1]], swapped[places[0]]
    return tuple(swapped)


def drop_first_text(events: Events) -> Events:
    first = next((place for place, event in enumerate(events) if is_json(event) and has_text(event.data)), len(events))
    return events[:first] + events[first + 1 :]


def drop_last_call_part(events: Events) -> Events:
    """Drops the last event with a fragment of a call."""
    places = [place for place, event in enumerate(events) if is_json(event) and chunk_calls(event.data)]
    return (*events[: places[-1]], *events[places[-1] + 1 :]) if places else events


def calls_as_object(place: int, value: Any) -> Any:
    for delta in chunk_deltas(value):
        if delta.get("tool_calls"):
            delta["tool_calls"] = delta["tool_calls"][0]
    return value


def repeat_call_ids(events: Events) -> Events:
    """Repeats the id of a call in each of its fragments."""
    ids_by_index: dict[int, str] = {}
    for event in events:
        for call in chunk_calls(event.data) if is_json(event) else ():
            ids_by_index.setdefault(call["index"], call.get("id", ""))
            call["id"] = ids_by_index[call["index"]]
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
