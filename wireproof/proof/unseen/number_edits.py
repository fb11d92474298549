"""Faults in ids, times, counts and lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wireproof.formats import json_pointer
from wireproof.mock.protocol.answers import OutgoingEvent
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer
from wireproof.proof.unseen.derived_fault import DerivedFault, on_events
from wireproof.proof.unseen.json_places import JsonPlace, json_places

TIME_NAMES = frozenset({"created", "created_at", "completed_at", "expires_at"})
TOTAL_NAME = "total_tokens"


def reused_id_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """An id of an answer is that of an earlier answer, wherever the answer repeats it."""
    for place in json_places(recorded):
        earlier = [one for one in pool.values(place.kind, place.pointer) if one != place.value]
        if is_id(place) and place.event is None and earlier:
            yield _reused_id(family, place, earlier[0])


def _reused_id(family: str, place: JsonPlace, earlier: str) -> DerivedFault:
    """The fault that gives every answer the same id at a place, and wherever the answer repeats its own."""
    if place.kind.form != "stream":
        return place.edit(family, lambda value: earlier)

    def change(events: tuple[OutgoingEvent, ...]) -> tuple[OutgoingEvent, ...]:
        documents = [event.data for event in events if isinstance(event.data, dict)]
        own = next(value for document in documents for _, value in json_pointer.find(document, place.pointer))
        return tuple(replace(event, data=replace_text(event.data, own, earlier)) for event in events)

    return on_events(family, place.kind, place.label, change)


def differing_id_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """An id or a time differs in one event from the other events of its stream."""
    for place in json_places(recorded):
        if place.event is not None and is_id(place):
            yield place.edit(family, lambda value: f"{value}x")
        elif place.event is not None and place.name in TIME_NAMES and isinstance(place.value, int):
            yield place.edit(family, lambda value: value + 5)


def time_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A time is that of another answer, zero, or in milliseconds."""
    for place in json_places(recorded):
        if place.name in TIME_NAMES and isinstance(place.value, int) and place.event is None:
            for other in [one for one in pool.values(place.kind, place.pointer) if one != place.value][:1]:

                def change(value: Any, other: Any = other) -> Any:
                    return other

                yield place.edit(family, change, "of another answer")
            yield place.edit(family, lambda value: 0, "= 0")
            yield place.edit(family, lambda value: value * 1000, "in milliseconds")


def count_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A count, an index or another whole number is off by one."""
    for place in json_places(recorded):
        if _is_count(place):
            yield place.edit(family, lambda value: value + 1, "+1")
            yield place.edit(family, lambda value: value - 1, "-1")


def summed_count_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A count of tokens is off by one, and so is the total beside it."""
    for place in json_places(recorded):
        parent = place.pointer.rpartition("/")[0]
        if not (_is_count(place) and place.name.endswith("_tokens") and place.name != TOTAL_NAME):
            continue
        total = f"{parent}/{TOTAL_NAME}"
        if parent.rpartition("/")[2] != "usage":
            continue
        for step in (1, -1):

            def change(
                document: Any,
                documents: Any,
                at: int,
                step: int = step,
                places: tuple[str, str] = (place.pointer, total),
            ) -> Any:
                for pointer in places:
                    document = json_pointer.edit(document, pointer, json_pointer.get(document, pointer) + step)
                return document

            yield place.fault(family, change, f"and its total {step:+d}")


def short_list_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A list lacks its last element."""
    yield from (place.edit(family, lambda value: value[:-1]) for place in _lists(recorded, 1))


def long_list_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A list has its last element twice."""
    yield from (place.edit(family, lambda value: [*value, value[-1]]) for place in _lists(recorded, 1))


def reversed_list_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A list is in reverse order."""
    yield from (place.edit(family, lambda value: value[::-1]) for place in _lists(recorded, 2))


def is_id(place: JsonPlace) -> bool:
    """True if the place holds an id."""
    return isinstance(place.value, str) and (place.name == "id" or place.name.endswith("_id"))


def replace_text(value: Any, old: str, new: str) -> Any:
    """The value with every text that equals the old one replaced."""
    if isinstance(value, dict):
        return {name: replace_text(one, old, new) for name, one in value.items()}
    if isinstance(value, list):
        return [replace_text(one, old, new) for one in value]
    return new if value == old else value


def _is_count(place: JsonPlace) -> bool:
    return isinstance(place.value, int) and not isinstance(place.value, bool) and place.name not in TIME_NAMES


def _lists(recorded: RecordedAnswer, length: int) -> Iterator[JsonPlace]:
    for place in json_places(recorded):
        if isinstance(place.value, list) and len(place.value) >= length:
            yield place
