"""The ways in which faults change the events of a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import without
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, StreamAnswer, event_bytes
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp

Events = tuple[OutgoingEvent, ...]
DONE = "[DONE]"


def is_done(event: OutgoingEvent) -> bool:
    return isinstance(event.data, str) and event.data == DONE


def is_json(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict)


def typed(kind: str) -> Callable[[OutgoingEvent], bool]:
    def wanted(event: OutgoingEvent) -> bool:
        return isinstance(event.data, dict) and event.data.get("type") == kind

    return wanted


def middle(events: Events) -> int:
    return max(1, len(events) // 2)


def half(events: Events) -> Events:
    return events[: middle(events)]


def telling(change: Callable[[Events], Events], frame: Callable[[Ops], Ops] | None = None) -> Lapse:
    """A lapse that changes the events of a stream."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        return replace(answer, events=change(answer.events)) if isinstance(answer, StreamAnswer) else answer

    return Lapse(say=say, frame=frame)


def raw_blocks(change: Callable[[bytes], bytes]) -> Lapse:
    """A lapse that rewrites the bytes of every event."""
    return telling(lambda events: tuple(OutgoingEvent(change(event_bytes(event))) for event in events))


def leaving_out(wanted: Callable[[OutgoingEvent], bool], frame: Callable[[Ops], Ops] | None = None) -> Lapse:
    return Lapse(say=without(wanted), frame=frame)


def each_value(change: Callable[[int, Any], Any]) -> Lapse:
    """A lapse that changes the JSON of every event, by its place."""

    def changed(events: Events) -> Events:
        return tuple(
            replace(event, data=change(place, event.data)) if isinstance(event.data, dict) else event
            for place, event in enumerate(events)
        )

    return telling(changed)


def inserted(place: int, *new: OutgoingEvent) -> Lapse:
    return telling(lambda events: (*events[:place], *new, *events[place:]))


def repeated(wanted: Callable[[Any], bool]) -> Callable[[Events], Events]:
    """The first wanted event comes twice."""

    def change(events: Events) -> Events:
        found = [place for place, event in enumerate(events) if is_json(event) and wanted(event.data)]
        return events if not found else (*events[: found[0] + 1], *events[found[0] :])

    return change


def hanging(ops: Ops) -> Ops:
    """The body never ends."""
    if not any(op.kind == "last" for op in ops):
        return ops
    return (*(op for op in ops if op.kind not in ("last", "close")), WireOp("hang"))
