"""Tells a text that a server broke from one that a model chose: pieces doubled, dropped, out of order, or escaped."""

from __future__ import annotations

import html

# A text of a model in other words has letters of its own, or matches in scattered characters only.
FEWEST_CHARACTERS_A_PIECE = 2
SHORTEST_REMAINDER = 8


def broken_form(text: str, whole: str) -> str | None:
    """The way in which a text is another one broken; None if it is whole, or a text of its own.

    A server that breaks a text on its way leaves pieces of it: some twice, some missing, some elsewhere. A model that
    chose otherwise brings words of its own.
    """
    if whole in text:
        times = text.count(whole)
        return f"{times} times" if times > 1 else _form_of_rest(text.replace(whole, "", 1), whole)
    for way, plain in _unescaped(text).items():
        if plain != text and whole in plain:
            return way
    if len(text.strip()) < min(SHORTEST_REMAINDER, len(whole) // 2):
        return None
    pieces = _count_pieces(text, whole)
    if pieces is None or pieces * FEWEST_CHARACTERS_A_PIECE > len(text):
        return None
    return "with pieces repeated or out of order" if len(text) >= len(whole) else "with pieces missing"


def _form_of_rest(rest: str, whole: str) -> str | None:
    """The way in which the text beside the whole one is made of pieces of it; None if it is not."""
    pieces = _count_pieces(rest, whole) if len(rest.strip()) >= SHORTEST_REMAINDER else None
    is_made_of_it = pieces is not None and pieces * FEWEST_CHARACTERS_A_PIECE <= len(rest)
    return "with pieces of it beside it" if is_made_of_it else None


def _unescaped(text: str) -> dict[str, str]:
    return {
        "escaped as HTML": html.unescape(text),
        "escaped as JSON": text.replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t"),
        "encoded twice": _decoded_twice(text, "cp1252"),
        "encoded twice, as Latin-1": _decoded_twice(text, "latin-1"),
    }


def _decoded_twice(text: str, coding: str) -> str:
    """The text whose UTF-8 was read in another coding and encoded again; the text itself if it was not."""
    try:
        return text.encode(coding).decode()
    except UnicodeError:
        return text


def _count_pieces(text: str, whole: str) -> int | None:
    """The fewest pieces of `whole` of which a text is made; None if it has a character that `whole` lacks."""
    pieces = start = 0
    while start < len(text):
        end = start + 1
        if text[start] not in whole:
            return None
        while end < len(text) and text[start : end + 1] in whole:
            end += 1
        pieces, start = pieces + 1, end
    return pieces
