"""Faults in the events of a stream: swapped, dropped, doubled, cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from wireproof.mock.protocol.answers import OutgoingEvent, StreamAnswer
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer
from wireproof.proof.unseen.derived_fault import DerivedFault, on_events

EventTuple = tuple[OutgoingEvent, ...]
EventEdit = Callable[[EventTuple, int], EventTuple]


def swap_events(events: EventTuple, at: int) -> EventTuple:
    """The events with that of the index and the next one swapped."""
    return (*events[:at], events[at + 1], events[at], *events[at + 2 :])


def drop_event(events: EventTuple, at: int) -> EventTuple:
    """The events without that of the index."""
    return (*events[:at], *events[at + 1 :])


def double_event(events: EventTuple, at: int) -> EventTuple:
    """The events with that of the index twice."""
    return (*events[: at + 1], *events[at:])


def cut_after_event(events: EventTuple, at: int) -> EventTuple:
    """The events up to that of the index."""
    return events[: at + 1]


# The edit, and the number of events at the end of a stream that it cannot be made at.
EDITS: Mapping[str, tuple[EventEdit, int]] = {
    "event-swapped": (swap_events, 1),
    "event-dropped": (drop_event, 0),
    "event-doubled": (double_event, 0),
    "stream-cut": (cut_after_event, 1),
}


def place_of_event(at: int, count: int) -> int:
    """The index of an event from the nearer end; negative from the last event on."""
    return at if at < (count + 1) // 2 else at - count


def index_of_event(place: int, count: int) -> int:
    """The index of an event in a stream of so many; raises IndexError if there is none."""
    if not -count <= place < count:
        raise IndexError(place)
    return place % count


def event_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """Every fault of the class in the events of one answer."""
    edit, at_end = EDITS[family]
    count = len(recorded.answer.events) if isinstance(recorded.answer, StreamAnswer) else 0
    for at in range(count - at_end):
        place = place_of_event(at, count)

        def change(events: EventTuple, place: int = place) -> EventTuple:
            at = index_of_event(place, len(events))
            return edit(events, at) if at < len(events) - at_end else events

        yield on_events(family, recorded.kind, f"event {place}", change)
