"""Faults of the text of a stream: its pieces are lost, repeated, moved, joined or written otherwise.

Each fault shows in chats, completions and responses alike. The events of a response agree with one another.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import Events, is_json, on_stream
from wireproof.mock.protocol.answers import OutgoingEvent

Pieces = list[str]
ChangePieces = Callable[[Pieces], Pieces]
DELTA_TYPE = "response.output_text.delta"
END_MARK = "<|im_end|>"
THOUGHT = "The user wants this text, so I should repeat it to the letter. "


def piece_of(event: OutgoingEvent) -> str:
    """The text of choice 0 in an event; empty if it has none."""
    if not is_json(event):
        return ""
    if event.data.get("type") == DELTA_TYPE:
        return str(event.data["delta"])
    choices = [choice for choice in event.data.get("choices") or () if choice.get("index") == 0]
    texts = [choice.get("text") or (choice.get("delta") or {}).get("content") or "" for choice in choices]
    return "".join(texts)


def with_piece(event: OutgoingEvent, piece: str) -> OutgoingEvent:
    if event.data.get("type") == DELTA_TYPE:
        return replace(event, data={**event.data, "delta": piece})
    choices = [with_choice_text(choice, piece) for choice in event.data["choices"]]
    return replace(event, data={**event.data, "choices": choices})


def with_choice_text(choice: Mapping[str, Any], piece: str) -> Mapping[str, Any]:
    if choice.get("index") != 0:
        return choice
    return {**choice, "text": piece} if "text" in choice else {**choice, "delta": {**choice["delta"], "content": piece}}


def on_pieces(change: ChangePieces) -> FaultHooks:
    """Hooks that change the pieces of the text of choice 0; an empty piece leaves its event out."""

    def change_events(events: Events) -> Events:
        places = [place for place, event in enumerate(events) if piece_of(event)]
        if not places:
            return events
        pieces = change([piece_of(events[place]) for place in places])
        text_events = [with_piece(events[places[min(at, len(places) - 1)]], piece) for at, piece in enumerate(pieces)]
        before = [event for event in events[: places[0]] if not piece_of(event)]
        between = [event for event in events[places[0] :] if not piece_of(event)]
        changed = (*before, *(event for event in text_events if piece_of(event)), *between)
        return as_told(changed, "".join(map(piece_of, events)), "".join(pieces))

    return on_stream(change_events)


def as_told(events: Events, old: str, new: str) -> Events:
    """The events of a response whose later members have the text that the deltas told, numbered anew."""
    if not any(is_json(event) and str(event.data.get("type")).startswith("response.") for event in events):
        return events
    return tuple(
        replace(event, data={**with_text(event.data, old, new), "sequence_number": place})
        for place, event in enumerate(events)
    )


def with_text(value: Any, old: str, new: str) -> Any:
    """A value whose members `text` have another text."""
    if isinstance(value, dict):
        return {
            name: new if name == "text" and item == old else with_text(item, old, new) for name, item in value.items()
        }
    return [with_text(item, old, new) for item in value] if isinstance(value, list) else value


def drop_equal(pieces: Pieces) -> Pieces:
    return [piece for place, piece in enumerate(pieces) if not place or piece != pieces[place - 1]]


def strip_prefix(pieces: Pieces) -> Iterator[str]:
    """Treats a piece that begins with the one before it as the whole so far, and sends the rest of it."""
    for place, piece in enumerate(pieces):
        before = pieces[place - 1] if place else ""
        yield piece[len(before) :] if before and piece.startswith(before) else piece


def grow(pieces: Pieces) -> Pieces:
    return ["".join(pieces[: place + 1]) for place in range(len(pieces))]


def move_middle(pieces: Pieces) -> Pieces:
    """Sends a piece of the middle three pieces later."""
    at = len(pieces) // 2
    return [*pieces[:at], *pieces[at + 1 : at + 4], pieces[at], *pieces[at + 4 :]] if len(pieces) > 8 else pieces


def drop_every(step: int) -> ChangePieces:
    return lambda pieces: [piece for place, piece in enumerate(pieces) if place % step != step - 1]


def end_before(mark: str) -> ChangePieces:
    """Ends the text before a mark in it."""

    def change(pieces: Pieces) -> Pieces:
        before, found, _ = "".join(pieces).partition(mark)
        return cut_like(pieces, before) if found else pieces

    return change


def cut_like(pieces: Sequence[str], text: str) -> Pieces:
    """A text in pieces of the lengths of others."""
    cut: Pieces = []
    for piece in pieces:
        cut.append(text[: len(piece)])
        text = text[len(piece) :]
    return [*filter(None, cut), *filter(None, [text])]


def drop_lines(wanted: Callable[[str], bool]) -> ChangePieces:
    def change(pieces: Pieces) -> Pieces:
        lines = "".join(pieces).split("\n")
        return cut_like(pieces, "\n".join(line for line in lines if not wanted(line)))

    return change


def repeat_ends(pieces: Pieces) -> Pieces:
    """Sends a piece again after every tenth one, as an overlapping buffer does."""
    return [copy for place, piece in enumerate(pieces) for copy in [piece] * (2 if place % 10 == 9 else 1)]


def each(change: Callable[[str], str]) -> ChangePieces:
    return lambda pieces: [change(piece) for piece in pieces]


HOOKS: Mapping[str, FaultHooks] = {
    "text-equal-piece-dropped": on_pieces(drop_equal),
    "text-prefix-stripped": on_pieces(lambda pieces: list(strip_prefix(pieces))),
    "text-grows": on_pieces(grow),
    "text-blank-pieces-dropped": on_pieces(lambda pieces: [piece for piece in pieces if piece.strip()]),
    "text-pieces-trimmed": on_pieces(each(str.lstrip)),
    "text-newlines-flattened": on_pieces(each(lambda piece: piece.replace("\n", " "))),
    "text-newlines-halved": on_pieces(each(lambda piece: "\n" if piece.strip("\n") == "" and piece else piece)),
    "text-pieces-doubled": on_pieces(lambda pieces: [copy for piece in pieces for copy in (piece, piece)]),
    "text-sent-twice": on_pieces(lambda pieces: [*pieces, *pieces]),
    "text-tenth-piece-doubled": on_pieces(repeat_ends),
    "text-tenth-piece-dropped": on_pieces(drop_every(10)),
    "text-piece-late": on_pieces(move_middle),
    "text-last-piece-dropped": on_pieces(lambda pieces: pieces[:-1] if len(pieces) > 1 else pieces),
    "text-end-mark-sent": on_pieces(lambda pieces: [*pieces, END_MARK]),
    "text-thought-first": on_pieces(lambda pieces: [THOUGHT, *pieces]),
    "text-thought-tagged": on_pieces(lambda pieces: [THOUGHT, "</think>\n\n", *pieces]),
    "text-escaped-as-html": on_pieces(each(html.escape)),
    "text-escaped-twice": on_pieces(each(lambda piece: piece.replace('"', '\\"').replace("\n", "\\n"))),
    "text-encoded-twice": on_pieces(each(lambda piece: piece.encode().decode("latin-1"))),
    "text-ends-at-done": on_pieces(end_before("[DONE]")),
    "text-ends-at-stop-word": on_pieces(end_before("STOP")),
    "text-fields-dropped": on_pieces(drop_lines(lambda line: line.startswith("data:"))),
    "text-call-swallowed": on_pieces(drop_lines(lambda line: line.startswith('{"name":'))),
}
