"""Faults in members: taken from a neighbour, dropped, null, of another type, another word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wireproof.formats import json_pointer
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer
from wireproof.proof.unseen.derived_fault import DerivedFault
from wireproof.proof.unseen.json_places import JsonPlace, json_places
from wireproof.proof.unseen.number_edits import is_id
from wireproof.proof.unseen.text_edits import TEXT_NAMES

# A member whose values are few words of this form is a closed set of words.
WORD, MOST_WORDS = re.compile(r"[a-z][a-z0-9_.]*"), 12
UNKNOWN_WORD = "unknown_word"


def neighbour_event_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A member of an event has the value that the same member of the previous or the next event has."""
    for place in json_places(recorded):
        if place.event is not None and place.is_member:
            for step, word in ((-1, "of the previous event"), (1, "of the next event")):

                def change(
                    document: Any, documents: tuple[Any, ...], at: int, step: int = step, pointer: str = place.pointer
                ) -> Any:
                    if not 0 <= at + step < len(documents):
                        raise IndexError(at + step)
                    json_pointer.get(document, pointer)
                    return json_pointer.edit(document, pointer, json_pointer.get(documents[at + step], pointer))

                yield place.fault(family, change, word)


def other_answer_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A member has the value that another answer of the same kind has there."""
    for place in json_places(recorded):
        if place.is_member and len(pool.values(place.kind, place.pointer, place.event)) > 1:

            def change(value: Any, place: JsonPlace = place) -> Any:
                return pool.next_value(place.kind, place.pointer, value, place.event)

            yield place.edit(family, change)


def dropped_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A member is left out."""
    for place in json_places(recorded):
        if place.is_member:

            def change(document: Any, documents: Any, at: int, pointer: str = place.pointer) -> Any:
                return json_pointer.drop(document, pointer)

            yield place.fault(family, change)


def null_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A member or an element is null."""
    yield from (place.edit(family, lambda value: None) for place in json_places(recorded) if place.value is not None)


def retyped_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A member or an element is of the next type: text, number, list, object, text."""
    yield from (place.edit(family, next_type) for place in json_places(recorded) if place.value is not None)


def word_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """A member that holds one of a few words holds another of them, or a word that nobody knows."""
    for place in json_places(recorded):
        words = pool.values(place.kind, place.pointer) if isinstance(place.value, str) and _is_word(place) else ()
        if len(words) <= MOST_WORDS and all(isinstance(one, str) and WORD.fullmatch(one) for one in words):
            for word in (*words, UNKNOWN_WORD) if words else ():

                def change(value: Any, word: str = word) -> Any:
                    return word if isinstance(value, str) else value

                yield place.edit(family, change, f"= {word}")


def _is_word(place: JsonPlace) -> bool:
    """False for a text and for an id, whose values are no words of a set."""
    return place.name not in TEXT_NAMES and not is_id(place)


def next_type(value: Any) -> Any:
    """The value as the next JSON type."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) < 16 else 7
    if isinstance(value, int | float):
        return [value]
    if isinstance(value, list):
        return {str(at): one for at, one in enumerate(value)}
    return "[object Object]" if isinstance(value, dict) else value
