"""Faults of the chunks of a stream: lost, doubled, swapped, or telling something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import calls, deltas, speaks
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.stream_edits import Events, each_value, is_json, leaving_out, repeated, telling, typed
from wireproof.mock.protocol.answers import OutgoingEvent


def swapped(events: Events) -> Events:
    """Two neighbouring texts change places."""
    texts = [place for place, event in enumerate(events) if is_json(event) and speaks(event.data)]
    if len(texts) < 2:
        return events
    made = list(events)
    made[texts[0]], made[texts[1]] = made[texts[1]], made[texts[0]]
    return tuple(made)


def first_text_lost(events: Events) -> Events:
    lost = next((place for place, event in enumerate(events) if is_json(event) and speaks(event.data)), len(events))
    return events[:lost] + events[lost + 1 :]


def arguments_lost(events: Events) -> Events:
    """The last event with a part of a call is left out."""
    found = [place for place, event in enumerate(events) if is_json(event) and calls(event.data)]
    return (*events[: found[-1]], *events[found[-1] + 1 :]) if found else events


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


def reasoning(event: OutgoingEvent) -> OutgoingEvent:
    delta = {"index": 0, "delta": {"reasoning_content": "Let me think."}, "finish_reason": None}
    return replace(event, data=event.data | {"choices": [delta]}) if is_json(event) else event


LAPSES: Mapping[str, Lapse] = {
    "stream-reasoning-unannounced": telling(
        lambda events: (*events[:1], *(reasoning(event) for event in events[:1]), *events[1:])
    ),
    "stream-id-changes": each_value(lambda place, value: value | {"id": f"chatcmpl-{place}"}),
    "stream-created-changes": each_value(lambda place, value: value | {"created": value.get("created", 0) + place}),
    "stream-model-changes": each_value(lambda place, value: value | {"model": f"model-{place}"}),
    "stream-token-lost": telling(first_text_lost),
    "stream-token-twice": telling(repeated(speaks)),
    "stream-tokens-swapped": telling(swapped),
    "tool-stream-calls-object": each_value(calls_as_object),
    "tool-stream-id-repeated": telling(id_repeated),
    "tool-stream-arguments-lost": telling(arguments_lost),
    "response-created-missing": leaving_out(typed("response.created")),
    "response-text-done-missing": leaving_out(typed("response.output_text.done")),
    "response-item-added-missing": leaving_out(typed("response.output_item.added")),
    "response-deltas-missing": leaving_out(typed("response.output_text.delta")),
    "response-events-unnamed": telling(lambda events: tuple(replace(event, name=None) for event in events)),
    "response-events-misnamed": telling(lambda events: tuple(replace(event, name="message") for event in events)),
}
