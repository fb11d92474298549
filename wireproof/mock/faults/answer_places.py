"""The places of an answer that a fault can edit: the plain value, certain events, the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.json_edits import Edit
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer

EditAnswer = Callable[[Answer, Edit], Answer]
EventFilter = Callable[[int, list[Any], Any], bool]
FINAL_EVENT_TYPES = ("response.completed", "response.incomplete", "response.failed")


def edit_whole_answer(answer: Answer, edit: Edit) -> Answer:
    """Edits the value of a whole answer that is no error."""
    if isinstance(answer, PlainAnswer) and answer.status < 400 and not isinstance(answer.value, bytes):
        return replace(answer, value=edit(answer.value))
    return answer


def edit_error(answer: Answer, edit: Edit) -> Answer:
    if isinstance(answer, PlainAnswer) and answer.status >= 400 and not isinstance(answer.value, bytes):
        return replace(answer, value=edit(answer.value))
    return answer


def edit_any_answer(answer: Answer, edit: Edit) -> Answer:
    """Edits the value of a whole answer, or each chunk of a stream."""
    return edit_every_chunk(edit_whole_answer(answer, edit), edit)


def edit_events_where(wanted: EventFilter) -> EditAnswer:
    """Returns an edit of the wanted events with JSON data; the filter receives index, all values and the value."""

    def edit_answer(answer: Answer, edit: Edit) -> Answer:
        if not isinstance(answer, StreamAnswer):
            return answer
        values = [event.data for event in answer.events if isinstance(event.data, dict)]
        events, index = [], 0
        for event in answer.events:
            if isinstance(event.data, dict):
                is_wanted = wanted(index, values, event.data)
                event, index = replace(event, data=edit(event.data)) if is_wanted else event, index + 1
            events.append(event)
        return replace(answer, events=tuple(events))

    return edit_answer


def chunk_deltas(value: Any) -> list[Any]:
    choices = value.get("choices") or ()
    return [choice.get("delta") or {} for choice in choices]


def chunk_calls(value: Any) -> list[Any]:
    return [call for delta in chunk_deltas(value) for call in delta.get("tool_calls") or ()]


def has_finish(value: Any) -> bool:
    return any(choice.get("finish_reason") for choice in value.get("choices") or ())


def has_text(value: Any) -> bool:
    texts = [
        *(delta.get("content") for delta in chunk_deltas(value)),
        *(c.get("text") for c in value.get("choices") or ()),
    ]
    return any(texts)


def edit_events_of_type(*types: str) -> EditAnswer:
    """Returns an edit of the typed events of these types."""
    return edit_events_where(lambda index, values, value: value.get("type") in types)


edit_every_chunk = edit_events_where(lambda index, values, value: True)

EDITS_BY_PLACE: Mapping[str, EditAnswer] = {
    "answer": edit_whole_answer,
    "error": edit_error,
    "either": edit_any_answer,
    "chunks": edit_every_chunk,
    "first-chunk": edit_events_where(lambda index, values, value: index == 0),
    "later-chunks": edit_events_where(lambda index, values, value: index > 0),
    "content-chunks": edit_events_where(lambda index, values, value: has_text(value)),
    "finish-chunk": edit_events_where(lambda index, values, value: has_finish(value)),
    "usage-chunk": edit_events_where(lambda index, values, value: value.get("choices") == []),
    "item-added": edit_events_of_type("response.output_item.added"),
    "item-done": edit_events_of_type("response.output_item.done"),
    "part-added": edit_events_of_type("response.content_part.added"),
    "part-done": edit_events_of_type("response.content_part.done"),
    "arguments-done": edit_events_of_type("response.function_call_arguments.done"),
    "response-end": edit_events_of_type(*FINAL_EVENT_TYPES),
    "tool-chunks": edit_events_where(lambda index, values, value: bool(chunk_calls(value))),
    "tool-openings": edit_events_where(lambda index, values, value: any("id" in call for call in chunk_calls(value))),
    "tool-fragments": edit_events_where(
        lambda index, values, value: bool(chunk_calls(value)) and "id" not in chunk_calls(value)[0]
    ),
}


def without_events(wanted: Callable[[OutgoingEvent], bool]) -> Callable[[Answer, Any], Answer]:
    """Returns a change of a streamed answer that leaves out the wanted events."""

    def change_answer(answer: Answer, received: Any) -> Answer:
        if not isinstance(answer, StreamAnswer):
            return answer
        return replace(answer, events=tuple(event for event in answer.events if not wanted(event)))

    return change_answer
