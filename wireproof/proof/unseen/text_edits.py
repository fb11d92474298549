"""Faults in texts: of the pieces of a stream, and of whole texts wherever an answer repeats them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wireproof.formats import json_pointer
from wireproof.mock.protocol.answers import PlainAnswer, StreamAnswer
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer, distinct, places
from wireproof.proof.unseen.derived_fault import AnswerKind, DerivedFault, on_answers, on_events, on_value
from wireproof.proof.unseen.event_edits import EventTuple
from wireproof.proof.unseen.number_edits import replace_text

TEXT_NAMES = frozenset(
    {"content", "refusal", "reasoning_content", "reasoning", "arguments", "text", "delta", "b64_json", "summary"}
)

# The piece, the text before it, and a piece of another answer.
PieceEdit = Callable[[str, str, str], str]
PIECE_EDITS: Mapping[str, PieceEdit] = {
    "piece-doubled": lambda piece, before, other: piece * 2,
    "piece-dropped": lambda piece, before, other: "",
    "piece-halved": lambda piece, before, other: piece[: len(piece) // 2],
    "piece-with-whole": lambda piece, before, other: before + piece,
    "piece-of-other-answer": lambda piece, before, other: other,
}
# The whole text, and that of another answer.
WholeEdit = Callable[[str, str], str]
WHOLE_EDITS: Mapping[str, WholeEdit] = {
    "text-doubled": lambda text, other: text * 2,
    "text-halved": lambda text, other: text[: len(text) // 2],
    "text-of-other-answer": lambda text, other: other,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a text.

    Attributes:
        event: the index of its event.
        track: the text that it belongs to, among the texts of the stream.
    """

    event: int
    pointer: str
    track: str
    text: str


def pieces_of(events: EventTuple) -> list[Piece]:
    """The pieces of all texts of a stream, in order."""
    found = []
    for at, event in enumerate(events):
        data = event.data
        if not isinstance(data, dict) or not str(data.get("type", ".delta")).endswith(".delta"):
            continue
        for pointer, value in places(data):
            if isinstance(value, str) and value and pointer.rpartition("/")[2] in TEXT_NAMES:
                track = [data.get(name) for name in ("type", "item_id", "output_index", "content_index")]
                found.append(Piece(at, pointer, f"{track} {pointer} {_index_of_choice(data)}", value))
    return found


def piece_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """Every fault of the class in the pieces of one stream."""
    if not isinstance(recorded.answer, StreamAnswer):
        return
    edit, pieces = PIECE_EDITS[family], pieces_of(recorded.answer.events)
    others = _other_texts(recorded.kind, pool)
    for number in range(len(pieces)):
        place = number if number < (len(pieces) + 1) // 2 else number - len(pieces)
        for every in (False, True) if number == 0 else (False,):

            def change(events: EventTuple, place: int = place, every: bool = every) -> EventTuple:
                found, changed = pieces_of(events), list(events)
                for at in range(len(found)) if every else (place,):
                    piece = found[at]
                    before = "".join(one.text for one in found[:at] if one.track == piece.track)
                    text = edit(piece.text, before, _next(others, piece.text))
                    data = json_pointer.edit(changed[piece.event].data, piece.pointer, text)
                    changed[piece.event] = replace(changed[piece.event], data=data)
                return tuple(changed)

            label = f"every piece {pieces[number].pointer}" if every else f"piece {place} {pieces[number].pointer}"
            yield on_events(family, recorded.kind, label, change)


def whole_text_faults(family: str, recorded: RecordedAnswer, pool: AnswerPool) -> Iterator[DerivedFault]:
    """Every fault of the class in the whole texts of one answer; a stream changes all places with the text alike."""
    edit, kind = WHOLE_EDITS[family], recorded.kind
    if isinstance(recorded.answer, StreamAnswer):
        tracks = distinct(piece.track for piece in pieces_of(recorded.answer.events))
        for number in range(len(tracks)):

            def change(events: EventTuple, number: int = number) -> EventTuple:
                return _with_other_text(events, number, edit, pool, kind)

            yield on_events(family, kind, f"text {number}", change)
    elif kind.form == "text":
        texts = distinct(one.answer.value.decode() for one in pool.of_kind(kind) if isinstance(one.answer, PlainAnswer))

        def change_body(answer: Any) -> Any:
            text = answer.value.decode()
            return replace(answer, value=edit(text, _next(texts, text)).encode())

        yield on_answers(family, kind, "body", change_body)
    elif kind.form == "answer":
        for document in recorded.documents:
            for pointer, value in places(document):
                if isinstance(value, str) and value and pointer.rpartition("/")[2] in TEXT_NAMES:
                    yield on_value(family, kind, pointer, _value_change(edit, kind, pointer, pool))


def _value_change(edit: WholeEdit, kind: AnswerKind, pointer: str, pool: AnswerPool) -> Callable[[Any], Any]:
    def change(document: Any) -> Any:
        text = json_pointer.get(document, pointer)
        return replace_text(document, text, edit(text, pool.next_value(kind, pointer, text)))

    return change


def _with_other_text(
    events: EventTuple, number: int, edit: WholeEdit, pool: AnswerPool, kind: AnswerKind
) -> EventTuple:
    """The events with another whole text: in its pieces, and in each place that repeats it."""
    found = pieces_of(events)
    track = distinct(piece.track for piece in found)[number]
    own = [piece for piece in found if piece.track == track]
    text = "".join(piece.text for piece in own)
    new = edit(text, _next(_other_texts(kind, pool, whole=True), text))
    changed = [replace(event, data=replace_text(event.data, text, new)) for event in events]
    for number, piece in enumerate(own):
        share = new[len(new) * number // len(own) : len(new) * (number + 1) // len(own)]
        changed[piece.event] = replace(
            changed[piece.event], data=json_pointer.edit(changed[piece.event].data, piece.pointer, share)
        )
    return tuple(changed)


def _other_texts(kind: AnswerKind, pool: AnswerPool, *, whole: bool = False) -> tuple[str, ...]:
    """The distinct pieces, or whole texts, of all streams of a kind."""
    texts = []
    for one in pool.of_kind(kind):
        pieces = pieces_of(one.answer.events) if isinstance(one.answer, StreamAnswer) else []
        tracks = distinct(piece.track for piece in pieces)
        wholes = ["".join(piece.text for piece in pieces if piece.track == track) for track in tracks]
        texts += wholes if whole else [piece.text for piece in pieces]
    return distinct(texts)


def _next(texts: tuple[str, ...], text: str) -> str:
    return texts[(texts.index(text) + 1) % len(texts)] if text in texts else text


def _index_of_choice(data: Any) -> Any:
    choices = data.get("choices")
    return choices[0].get("index") if choices and isinstance(choices[0], dict) else None
