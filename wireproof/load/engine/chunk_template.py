"""What the chunks of one stream have in common, so that the next one need not be decoded to be known.

Most chunks differ from the one before in two texts alone: `choices/0/delta/content`, and the `obfuscation` that some
servers add. A chunk with the same bytes around plain JSON texts in these places is the same value but for the texts.
That is shown, not guessed: the places are proved by decoding the chunk once more with other texts in them.
"""

from __future__ import annotations

from string import ascii_letters, digits, punctuation
from typing import Any

import orjson

CONTENT_KEY, OBFUSCATION_KEY = b'"content":', b'"obfuscation":'
PROOF_TEXT = "wireproof"
# What stands for itself in a JSON text; a quote ends it, and a backslash begins an escape.
PLAIN_BYTES = "".join((ascii_letters, digits, punctuation, " ")).replace('"', "").replace("\\", "").encode()


class ChunkTemplate:
    """The bytes before, between and behind the texts of a chunk; nothing between them where there is one text."""

    __slots__ = ("_before", "_behind", "_between", "_head", "_odd", "_tail", "_texts", "_whole")

    def __init__(self, before: bytes, between: bytes, behind: bytes) -> None:
        self._before, self._between, self._behind = before, between, behind
        self._odd = between.translate(None, PLAIN_BYTES)
        self._head, self._tail = b"data: " + before, behind + b"\n\n"
        self._texts = slice(len(before), -len(behind))
        self._whole = slice(len(self._head), -len(self._tail))

    def is_payload(self, data: bytes) -> bool:
        """These bytes are one such chunk."""
        return (
            data.startswith(self._before) and data.endswith(self._behind) and self._has_plain_texts(data[self._texts])
        )

    def is_event(self, data: bytes) -> bool:
        """These bytes are one whole event of the stream, with one such chunk."""
        return data.startswith(self._head) and data.endswith(self._tail) and self._has_plain_texts(data[self._whole])

    def _has_plain_texts(self, data: bytes) -> bool:
        between = self._between
        if not between:
            return is_plain_text(data)
        # Where nothing but what is between them stands out, both texts are plain.
        if data.translate(None, PLAIN_BYTES) == self._odd:
            return 0 < data.find(between) < len(data) - len(between)
        # A plain text has no quote, and what is between them begins with one: it is found where the first text ends.
        text, found, more = data.partition(between)
        return bool(found) and is_plain_text(text) and is_plain_text(more)


def template_from_chunk(payload: bytes, value: Any) -> ChunkTemplate | None:
    """The template of a decoded chunk; None where it has no such place, or not that place alone."""
    try:
        text = value["choices"][0]["delta"]["content"]
    except (KeyError, TypeError, IndexError):
        return None
    if not isinstance(text, str):
        return None
    start, end = find_text_span(payload, CONTENT_KEY, 0)
    again, last = (
        find_text_span(payload, OBFUSCATION_KEY, end) if isinstance(value.get("obfuscation"), str) else (end, end)
    )
    before, between, behind = payload[:start], payload[end:again], payload[last:]
    made = b"".join((before, PROOF_TEXT.encode(), between, PROOF_TEXT.encode() if between else b"", behind))
    return (
        ChunkTemplate(before, between, behind)
        if is_plain_text(payload[start:end]) and differs_only_in_texts(made, value)
        else None
    )


def find_text_span(payload: bytes, name: bytes, begin: int) -> tuple[int, int]:
    """Where the text behind a name seems to begin and to end."""
    start = payload.find(b'"', payload.find(name, begin) + len(name)) + 1
    return start, payload.find(b'"', start)


def differs_only_in_texts(made: bytes, value: Any) -> bool:
    """These bytes are that value, but for the texts."""
    try:
        told = orjson.loads(made)
        delta, old = told["choices"][0]["delta"], value["choices"][0]["delta"]
        proved: bool = delta["content"] == PROOF_TEXT
        delta["content"] = old["content"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return False
    if "obfuscation" in value and isinstance(value["obfuscation"], str):
        proved = proved and told.get("obfuscation") == PROOF_TEXT
        told["obfuscation"] = value["obfuscation"]
    return proved and bool(told == value)


def is_plain_text(text: bytes) -> bool:
    """These bytes, some at least, stand for themselves inside the quotes of a JSON text."""
    if not text:
        return False
    if not text.translate(None, PLAIN_BYTES):
        return True
    try:
        return b'"' not in text and b"\\" not in text and text.decode().isprintable()
    except UnicodeDecodeError:
        return False
