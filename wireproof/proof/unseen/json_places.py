"""The places of JSON values in an answer: in the value of a plain one, in one event or in every event of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from wireproof.formats import json_pointer
from wireproof.mock.protocol.answers import OutgoingEvent, StreamAnswer
from wireproof.proof.unseen.answer_pool import RecordedAnswer, places
from wireproof.proof.unseen.derived_fault import AnswerKind, DerivedFault, on_events, on_value
from wireproof.proof.unseen.event_edits import index_of_event, place_of_event

# The document with the pointer, all documents of the answer, and the index of the document among them.
DocumentChange = Callable[[Any, tuple[Any, ...], int], Any]


@dataclass(frozen=True, slots=True)
class JsonPlace:
    """A member or an element in an answer.

    Attributes:
        event: the index of the event from the nearer end; None for every event, and for a plain answer.
        value: the value there; of every event, the first.
    """

    kind: AnswerKind
    pointer: str
    event: int | None
    value: Any

    @property
    def name(self) -> str:
        """The last token of the pointer."""
        return self.pointer.rpartition("/")[2]

    @property
    def label(self) -> str:
        """The place in words."""
        if self.kind.form != "stream":
            return self.pointer
        return f"every event {self.pointer}" if self.event is None else f"event {self.event} {self.pointer}"

    @property
    def is_member(self) -> bool:
        """True for a member of an object, false for an element of an array."""
        return not self.name.isdecimal()

    def fault(self, family: str, change: DocumentChange, detail: str = "") -> DerivedFault:
        """The fault that changes the documents with this place; the change raises LookupError for all others."""
        label = f"{self.label} {detail}".strip()
        if self.kind.form != "stream":
            return on_value(family, self.kind, label, lambda value: change(value, (value,), 0))
        return on_events(family, self.kind, label, lambda events: self._change_events(events, change))

    def edit(self, family: str, change: Callable[[Any], Any], detail: str = "") -> DerivedFault:
        """The fault that changes the value at this place."""

        def change_document(document: Any, documents: tuple[Any, ...], at: int) -> Any:
            return json_pointer.edit(document, self.pointer, change(json_pointer.get(document, self.pointer)))

        return self.fault(family, change_document, detail)

    def _change_events(self, events: tuple[OutgoingEvent, ...], change: DocumentChange) -> tuple[OutgoingEvent, ...]:
        documents = tuple(event.data if isinstance(event.data, dict) else None for event in events)
        chosen = range(len(events)) if self.event is None else (index_of_event(self.event, len(events)),)
        changed = list(events)
        for at in chosen:
            try:
                changed[at] = replace(events[at], data=change(documents[at], documents, at))
            except LookupError:
                continue
        return tuple(changed)


def json_places(recorded: RecordedAnswer) -> Iterator[JsonPlace]:
    """Every place of an answer; those of a stream in each event, and again in every event at once."""
    if not isinstance(recorded.answer, StreamAnswer):
        for document in recorded.documents:
            yield from (JsonPlace(recorded.kind, pointer, None, value) for pointer, value in places(document))
        return
    documents, firsts = recorded.documents, dict[str, Any]()
    for at, document in enumerate(documents):
        for pointer, value in places(document):
            firsts.setdefault(pointer, value)
            yield JsonPlace(recorded.kind, pointer, place_of_event(at, len(documents)), value)
    yield from (JsonPlace(recorded.kind, pointer, None, value) for pointer, value in firsts.items())
