"""The bytes that the chunks of one stream share, so that a chunk like the last one needs no decoding.

Most chunks differ from the one before in two texts alone: `choices/0/delta/content`, and the `obfuscation` that some
servers add. A chunk with the same bytes around plain JSON texts in these places has the same value but for the texts.
A second decoding, with other texts in these places, proves this for each template.
"""

from __future__ import annotations

from string import ascii_letters, digits, punctuation
from typing import Any

import orjson

CONTENT_KEY, OBFUSCATION_KEY = b'"content":', b'"obfuscation":'
PROOF_TEXT = "wireproof"
# Bytes that need no escape in a JSON text; a quote ends the text, and a backslash begins an escape.
PLAIN_BYTES = "".join((ascii_letters, digits, punctuation, " ")).replace('"', "").replace("\\", "").encode()


class ChunkTemplate:
    """The bytes before, between and after the texts of a chunk; `between` is empty if the chunk has one text."""

    __slots__ = (
        "_after",
        "_before",
        "_between",
        "_event_end",
        "_event_start",
        "_event_texts",
        "_payload_texts",
        "_special_between",
    )

    def __init__(self, before: bytes, between: bytes, after: bytes) -> None:
        self._before, self._between, self._after = before, between, after
        self._special_between = between.translate(None, PLAIN_BYTES)
        self._event_start, self._event_end = b"data: " + before, after + b"\n\n"
        self._payload_texts = slice(len(before), -len(after))
        self._event_texts = slice(len(self._event_start), -len(self._event_end))

    def is_payload(self, data: bytes) -> bool:
        """True if these bytes are one chunk of this template."""
        return (
            data.startswith(self._before)
            and data.endswith(self._after)
            and self._has_plain_texts(data[self._payload_texts])
        )

    def is_event(self, data: bytes) -> bool:
        """True if these bytes are one whole event of the stream, with one chunk of this template."""
        return (
            data.startswith(self._event_start)
            and data.endswith(self._event_end)
            and self._has_plain_texts(data[self._event_texts])
        )

    def _has_plain_texts(self, data: bytes) -> bool:
        between = self._between
        if not between:
            return is_plain_text(data)
        # Both texts are plain if all special bytes are those between the texts.
        if data.translate(None, PLAIN_BYTES) == self._special_between:
            return 0 < data.find(between) < len(data) - len(between)
        # A plain text has no quote, and `between` begins with one: the partition is at the end of the first text.
        first_text, separator, second_text = data.partition(between)
        return bool(separator) and is_plain_text(first_text) and is_plain_text(second_text)


def template_from_chunk(payload: bytes, value: Any) -> ChunkTemplate | None:
    """Returns the template of a decoded chunk; None if its texts cannot be located or are not all that varies."""
    try:
        text = value["choices"][0]["delta"]["content"]
    except (KeyError, TypeError, IndexError):
        return None
    if not isinstance(text, str):
        return None
    start, end = find_text_span(payload, CONTENT_KEY, 0)
    second_start, second_end = (
        find_text_span(payload, OBFUSCATION_KEY, end) if isinstance(value.get("obfuscation"), str) else (end, end)
    )
    before, between, after = payload[:start], payload[end:second_start], payload[second_end:]
    probe = b"".join((before, PROOF_TEXT.encode(), between, PROOF_TEXT.encode() if between else b"", after))
    return (
        ChunkTemplate(before, between, after)
        if is_plain_text(payload[start:end]) and differs_only_in_texts(probe, value)
        else None
    )


def find_text_span(payload: bytes, name: bytes, begin: int) -> tuple[int, int]:
    """The presumed start and end of the text that follows a member name."""
    start = payload.find(b'"', payload.find(name, begin) + len(name)) + 1
    return start, payload.find(b'"', start)


def differs_only_in_texts(probe: bytes, value: Any) -> bool:
    """True if the probe decodes to the value, except for its texts."""
    try:
        decoded = orjson.loads(probe)
        delta, old = decoded["choices"][0]["delta"], value["choices"][0]["delta"]
        is_equal: bool = delta["content"] == PROOF_TEXT
        delta["content"] = old["content"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return False
    if "obfuscation" in value and isinstance(value["obfuscation"], str):
        is_equal = is_equal and decoded.get("obfuscation") == PROOF_TEXT
        decoded["obfuscation"] = value["obfuscation"]
    return is_equal and bool(decoded == value)


def is_plain_text(text: bytes) -> bool:
    """True if these bytes are not empty and need no escape inside the quotes of a JSON text."""
    if not text:
        return False
    if not text.translate(None, PLAIN_BYTES):
        return True
    try:
        return b'"' not in text and b"\\" not in text and text.decode().isprintable()
    except UnicodeDecodeError:
        return False
