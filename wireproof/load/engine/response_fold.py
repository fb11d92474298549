"""The body of one response, folded read by read into time stamps, tokens and an outcome."""

from __future__ import annotations

from operator import sub
from typing import Any

import orjson

from wireproof.load.engine.chunk_template import ChunkTemplate, template_from_chunk
from wireproof.load.engine.delta_kinds import (
    REASONING_DELTA,
    STRANGE_EVENT,
    STREAM_END,
    STREAM_ERROR,
    VISIBLE_DELTA,
    event_reader_for,
)
from wireproof.load.engine.sse_frames import EventSplitter
from wireproof.load.request_record import Outcome, TokenCount

DONE_PAYLOAD = b"[DONE]"
MAX_DETAIL_LENGTH = 120
# Offences that the user of a stream does not notice: the decoder records them, a client reads on.
HARMLESS_OFFENCES = frozenset({"no-space-after-colon", "many-data-lines", "event-without-data", "byte-order-mark"})


class StreamFold:
    """The fold of a streamed response; each stamp is that of the network read that completed the event."""

    __slots__ = (
        "_is_chat", "_read_event", "_splitter", "_template", "_uses_templates",
        "body_parts", "detail", "done_ns", "flags", "stamps", "usage", "visible_ns",
    )  # fmt: skip

    def __init__(self, endpoint: str, *, keep_body: bool = False, decode_all: bool = False) -> None:
        self._splitter, self._read_event = EventSplitter(), event_reader_for(endpoint)
        self._is_chat = endpoint != "responses"
        # A template skips texts, so it is of no use where all texts are needed.
        self._uses_templates = self._is_chat and not decode_all
        self._template: ChunkTemplate | None = None
        # The body without the events that match a template; None if no body is kept.
        self.body_parts: list[bytes] | None = [] if keep_body else None
        self.stamps: list[int] = []
        self.visible_ns: int | None = None
        self.done_ns: int | None = None
        self.flags = 0
        self.usage: Any = None
        self.detail = ""

    def feed(self, data: bytes, at_ns: int) -> None:
        """Adds the bytes of one read; `at_ns` is the time before any processing."""
        splitter, template = self._splitter, self._template
        # Most reads are one event that matches the template.
        if template is not None and not splitter.rest and template.is_event(data):
            self.stamps.append(at_ns)
            return
        if self.body_parts is not None:
            self.body_parts.append(data)
        for payload in splitter.feed(data):
            if self._template is not None and self._template.is_payload(payload):
                self.stamps.append(at_ns)
            elif payload == DONE_PAYLOAD:
                self.done_ns, self._template = self.done_ns or at_ns, None
            else:
                self._decode_event(payload, at_ns)
        if not splitter.is_regular:
            self._template = None

    def _decode_event(self, payload: bytes, at_ns: int) -> None:
        """Decodes one event."""
        value: Any = None
        try:
            value = orjson.loads(payload)
            flags, usage = self._read_event(value)
        except orjson.JSONDecodeError:
            flags, usage = (0, None) if payload.strip() == DONE_PAYLOAD else (STRANGE_EVENT, None)
            self.done_ns = self.done_ns or (None if flags else at_ns)
        if flags & (VISIBLE_DELTA | REASONING_DELTA):
            self.stamps.append(at_ns)
            if flags & VISIBLE_DELTA and self.visible_ns is None:
                self.visible_ns = at_ns
        # A template holds for chunks in direct succession: an event between them can change what a chunk means.
        makes_template = flags == VISIBLE_DELTA and usage is None and self._uses_templates
        self._template = template_from_chunk(payload, value) if makes_template else None
        if flags & (STREAM_ERROR | STRANGE_EVENT) and not self.detail:
            self.detail = payload[:MAX_DETAIL_LENGTH].decode(errors="replace")
        self.flags |= flags
        if usage is not None:
            self.usage = usage

    @property
    def body(self) -> bytes | None:
        """The body as far as it is kept; None if no body is kept."""
        return None if self.body_parts is None else b"".join(self.body_parts)

    def outcome_and_detail(self) -> tuple[Outcome, str]:
        """The outcome of the stream and a detail, once its body has ended without an error of HTTP."""
        offences = [offence for offence in self._splitter.close() if offence.rule not in HARMLESS_OFFENCES]
        if self.has_failed:
            return Outcome.FAILED, self.detail
        if self.flags & STRANGE_EVENT:
            return Outcome.STRANGE, f"an event is not a chunk: {self.detail}"
        has_end = bool(self.flags & STREAM_END)
        if not has_end and self.done_ns is None:
            return Outcome.CUT, "the stream ends without a finish reason and without [DONE]"
        if offences:
            return Outcome.STRANGE, f"{offences[0].rule}: {offences[0].detail}"
        # A client reads a chat stream with one of its two ends; the judge tells which of them is missing.
        if has_end or self._is_chat:
            return Outcome.OK, ""
        return Outcome.STRANGE, "the stream has no event that ends the response"

    @property
    def has_failed(self) -> bool:
        """True if the stream held an error event."""
        return bool(self.flags & STREAM_ERROR)

    @property
    def tokens(self) -> TokenCount:
        """The tokens by the usage of the stream, else one per delta."""
        return tokens_from_usage(self.usage) or TokenCount(0, len(self.stamps), "chunks")

    @property
    def gaps_ns(self) -> tuple[int, ...]:
        """Nanoseconds between each two deltas; 0 between deltas of one read."""
        return tuple(map(sub, self.stamps[1:], self.stamps))


class BodyFold:
    """The fold of a response that is not streamed."""

    __slots__ = ("_parts", "usage")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.usage: Any = None

    def feed(self, data: bytes, at_ns: int) -> None:
        self._parts.append(data)

    @property
    def body(self) -> bytes:
        """The body."""
        return b"".join(self._parts)

    def outcome_and_detail(self) -> tuple[Outcome, str]:
        """The outcome and a detail; a successful response is a JSON object without an error, or a list."""
        body = self.body
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return Outcome.STRANGE, f"the response is not JSON: {body[:MAX_DETAIL_LENGTH].decode(errors='replace')}"
        if not isinstance(value, dict | list):
            return Outcome.STRANGE, "the response is neither an object nor a list"
        if isinstance(value, dict):
            self.usage = value.get("usage")
            if value.get("error") is not None:
                return (
                    Outcome.STRANGE,
                    f"an error with a status of success: {body[:MAX_DETAIL_LENGTH].decode(errors='replace')}",
                )
        return Outcome.OK, ""

    @property
    def tokens(self) -> TokenCount:
        return tokens_from_usage(self.usage) or TokenCount()


def tokens_from_usage(usage: Any) -> TokenCount | None:
    """The counts of a usage object, by the names of either API; None if it holds none."""
    if not isinstance(usage, dict):
        return None
    prompt = usage.get("prompt_tokens", usage.get("input_tokens"))
    answer = usage.get("completion_tokens", usage.get("output_tokens", 0))
    if not isinstance(prompt, int) or not isinstance(answer, int):
        return None
    return TokenCount(prompt, answer, "usage")
