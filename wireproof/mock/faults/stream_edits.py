"""The ways in which faults change the events of a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import without_events
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, StreamAnswer, event_bytes
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp

Events = tuple[OutgoingEvent, ...]
DONE_DATA = "[DONE]"


def is_done(event: OutgoingEvent) -> bool:
    return isinstance(event.data, str) and event.data == DONE_DATA


def is_json(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict)


def has_type(event_type: str) -> Callable[[OutgoingEvent], bool]:
    def is_wanted(event: OutgoingEvent) -> bool:
        return isinstance(event.data, dict) and event.data.get("type") == event_type

    return is_wanted


def middle_place(events: Events) -> int:
    return max(1, len(events) // 2)


def first_half(events: Events) -> Events:
    return events[: middle_place(events)]


def on_stream(change: Callable[[Events], Events], on_wire: Callable[[Ops], Ops] | None = None) -> FaultHooks:
    """Hooks that change the events of a stream, and how it is put on the wire."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return replace(answer, events=change(answer.events)) if isinstance(answer, StreamAnswer) else answer

    return FaultHooks(on_answer=change_answer, on_wire=on_wire)


def on_each_block(change: Callable[[bytes], bytes]) -> FaultHooks:
    """Hooks that change the bytes of every event."""
    return on_stream(lambda events: tuple(OutgoingEvent(change(event_bytes(event))) for event in events))


def drop_events(wanted: Callable[[OutgoingEvent], bool], on_wire: Callable[[Ops], Ops] | None = None) -> FaultHooks:
    return FaultHooks(on_answer=without_events(wanted), on_wire=on_wire)


def on_each_event(change: Callable[[int, Any], Any]) -> FaultHooks:
    """Hooks that change the JSON of every event; the change receives its index and value."""

    def change_events(events: Events) -> Events:
        return tuple(
            replace(event, data=change(place, event.data)) if isinstance(event.data, dict) else event
            for place, event in enumerate(events)
        )

    return on_stream(change_events)


def insert_events(place: int, *new: OutgoingEvent) -> FaultHooks:
    return on_stream(lambda events: (*events[:place], *new, *events[place:]))


def repeat_first(wanted: Callable[[Any], bool]) -> Callable[[Events], Events]:
    """Returns a change that sends the first wanted event twice."""

    def repeat_event(events: Events) -> Events:
        places = [place for place, event in enumerate(events) if is_json(event) and wanted(event.data)]
        return events if not places else (*events[: places[0] + 1], *events[places[0] :])

    return repeat_event


def hang_at_end(ops: Ops) -> Ops:
    """Keeps the connection open instead of ending the body."""
    if not any(op.kind == "last" for op in ops):
        return ops
    return (*(op for op in ops if op.kind not in ("last", "close")), WireOp("hang"))
