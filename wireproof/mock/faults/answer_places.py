"""The places of an answer that a fault can touch: the plain value, some events, the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.json_edits import Edit
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer

Touch = Callable[[Answer, Edit], Answer]
Wanted = Callable[[int, list[Any], Any], bool]


def plain(answer: Answer, edit: Edit) -> Answer:
    """The value of a whole answer that is no error."""
    if isinstance(answer, PlainAnswer) and answer.status < 400 and not isinstance(answer.value, bytes):
        return replace(answer, value=edit(answer.value))
    return answer


def error(answer: Answer, edit: Edit) -> Answer:
    if isinstance(answer, PlainAnswer) and answer.status >= 400 and not isinstance(answer.value, bytes):
        return replace(answer, value=edit(answer.value))
    return answer


def either(answer: Answer, edit: Edit) -> Answer:
    """The value of a whole answer, and each chunk of a stream."""
    return every_chunk(plain(answer, edit), edit)


def events(wanted: Wanted) -> Touch:
    """Those events with JSON data that are wanted, by their place among them."""

    def touch(answer: Answer, edit: Edit) -> Answer:
        if not isinstance(answer, StreamAnswer):
            return answer
        values = [event.data for event in answer.events if isinstance(event.data, dict)]
        made, index = [], 0
        for event in answer.events:
            if isinstance(event.data, dict):
                chosen = wanted(index, values, event.data)
                event, index = replace(event, data=edit(event.data)) if chosen else event, index + 1
            made.append(event)
        return replace(answer, events=tuple(made))

    return touch


def deltas(value: Any) -> list[Any]:
    choices = value.get("choices") or ()
    return [choice.get("delta") or {} for choice in choices]


def calls(value: Any) -> list[Any]:
    return [call for delta in deltas(value) for call in delta.get("tool_calls") or ()]


def finishes(value: Any) -> bool:
    return any(choice.get("finish_reason") for choice in value.get("choices") or ())


def speaks(value: Any) -> bool:
    texts = [*(delta.get("content") for delta in deltas(value)), *(c.get("text") for c in value.get("choices") or ())]
    return any(texts)


def named(*kinds: str) -> Touch:
    """Those typed events that are of one of these kinds."""
    return events(lambda index, values, value: value.get("type") in kinds)


every_chunk = events(lambda index, values, value: True)

PLACES: Mapping[str, Touch] = {
    "answer": plain,
    "error": error,
    "either": either,
    "chunks": every_chunk,
    "first-chunk": events(lambda index, values, value: index == 0),
    "later-chunks": events(lambda index, values, value: index > 0),
    "content-chunks": events(lambda index, values, value: speaks(value)),
    "finish-chunk": events(lambda index, values, value: finishes(value)),
    "usage-chunk": events(lambda index, values, value: value.get("choices") == []),
    "item-added": named("response.output_item.added"),
    "item-done": named("response.output_item.done"),
    "part-added": named("response.content_part.added"),
    "part-done": named("response.content_part.done"),
    "arguments-done": named("response.function_call_arguments.done"),
    "response-end": named("response.completed", "response.incomplete", "response.failed"),
    "tool-chunks": events(lambda index, values, value: bool(calls(value))),
    "tool-openings": events(lambda index, values, value: any("id" in call for call in calls(value))),
    "tool-fragments": events(lambda index, values, value: bool(calls(value)) and "id" not in calls(value)[0]),
}


def without(wanted: Callable[[OutgoingEvent], bool]) -> Callable[[Answer, Any], Answer]:
    """What is said when the wanted events are left out."""

    def say(answer: Answer, received: Any) -> Answer:
        if not isinstance(answer, StreamAnswer):
            return answer
        return replace(answer, events=tuple(event for event in answer.events if not wanted(event)))

    return say
