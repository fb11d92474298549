"""The body of one answer, folded read by read into stamps, tokens and a verdict."""

from __future__ import annotations

from operator import sub
from typing import Any

import orjson

from wireproof.load.engine.chunk_template import ChunkTemplate, template_from_chunk
from wireproof.load.engine.delta_kinds import (
    STRANGE_EVENT,
    STREAM_END,
    STREAM_ERROR,
    THOUGHT_DELTA,
    VISIBLE_DELTA,
    event_reader_for,
)
from wireproof.load.engine.sse_frames import EventSplitter
from wireproof.load.request_record import Outcome, TokenCount

DONE_PAYLOAD = b"[DONE]"
MAX_DETAIL_LENGTH = 120
# What a user of the stream does not notice: the decoder calls them offences, a client reads on.
HARMLESS_OFFENCES = frozenset({"no-space-after-colon", "many-data-lines", "event-without-data", "byte-order-mark"})


class StreamFold:
    """A streamed answer; each stamp is that of the network read that completed the event."""

    __slots__ = (
        "_alike", "_frames", "_glimpse", "_learns", "_needs_done",
        "detail", "done_ns", "flags", "kept", "stamps", "usage", "visible_ns",
    )  # fmt: skip

    def __init__(self, endpoint: str, *, keeps: bool = False, whole: bool = False) -> None:
        self._frames, self._glimpse = EventSplitter(), event_reader_for(endpoint)
        self._needs_done = endpoint != "responses"
        # Where every text of a stream is wanted, none is passed over.
        self._learns = self._needs_done and not whole
        self._alike: ChunkTemplate | None = None
        # The body without the events that are like another, where it is kept.
        self.kept: list[bytes] | None = [] if keeps else None
        self.stamps: list[int] = []
        self.visible_ns: int | None = None
        self.done_ns: int | None = None
        self.flags = 0
        self.usage: Any = None
        self.detail = ""

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take in the bytes of one read, stamped before they are looked at."""
        frames, alike = self._frames, self._alike
        # Most often a read is one event, and one like the last.
        if alike is not None and not frames.rest and alike.is_event(data):
            self.stamps.append(at_ns)
            return
        if self.kept is not None:
            self.kept.append(data)
        for payload in frames.feed(data):
            if self._alike is not None and self._alike.is_payload(payload):
                self.stamps.append(at_ns)
            elif payload == DONE_PAYLOAD:
                self.done_ns, self._alike = self.done_ns or at_ns, None
            else:
                self._decode_event(payload, at_ns)
        if not frames.is_regular:
            self._alike = None

    def _decode_event(self, payload: bytes, at_ns: int) -> None:
        """Decode one event."""
        value: Any = None
        try:
            value = orjson.loads(payload)
            flags, usage = self._glimpse(value)
        except orjson.JSONDecodeError:
            flags, usage = (0, None) if payload.strip() == DONE_PAYLOAD else (STRANGE_EVENT, None)
            self.done_ns = self.done_ns or (None if flags else at_ns)
        if flags & (VISIBLE_DELTA | THOUGHT_DELTA):
            self.stamps.append(at_ns)
            if flags & VISIBLE_DELTA and self.visible_ns is None:
                self.visible_ns = at_ns
        # Alike is what follows the same without a break: what a chunk means depends on what came between.
        learns = flags == VISIBLE_DELTA and usage is None and self._learns
        self._alike = template_from_chunk(payload, value) if learns else None
        if flags & (STREAM_ERROR | STRANGE_EVENT) and not self.detail:
            self.detail = payload[:MAX_DETAIL_LENGTH].decode(errors="replace")
        self.flags |= flags
        if usage is not None:
            self.usage = usage

    @property
    def body(self) -> bytes | None:
        """What is kept of the body."""
        return None if self.kept is None else b"".join(self.kept)

    def outcome_and_detail(self) -> tuple[Outcome, str]:
        """What the stream came to, once its body has ended as HTTP says."""
        offences = [offence for offence in self._frames.close() if offence.rule not in HARMLESS_OFFENCES]
        if self.has_failed:
            return Outcome.FAILED, self.detail
        if self.flags & STRANGE_EVENT:
            return Outcome.STRANGE, f"an event is no chunk: {self.detail}"
        ended = bool(self.flags & STREAM_END)
        if not ended and self.done_ns is None:
            return Outcome.CUT, "the stream ends without a finish reason and without [DONE]"
        if offences:
            return Outcome.STRANGE, f"{offences[0].rule}: {offences[0].detail}"
        if self._needs_done and not (ended and self.done_ns):
            return Outcome.STRANGE, "the stream has no [DONE]" if ended else "the stream has no finish reason"
        return (Outcome.OK, "") if ended else (Outcome.STRANGE, "the stream tells no end of the response")

    @property
    def has_failed(self) -> bool:
        """The stream told an error."""
        return bool(self.flags & STREAM_ERROR)

    @property
    def tokens(self) -> TokenCount:
        """By usage where the stream tells it, else one a delta."""
        return tokens_from_usage(self.usage) or TokenCount(0, len(self.stamps), "chunks")

    @property
    def gaps_ns(self) -> tuple[int, ...]:
        """Between each two deltas, those of one read included as nothing."""
        return tuple(map(sub, self.stamps[1:], self.stamps))


class BodyFold:
    """An answer in one piece."""

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
        """An answer of success is a JSON object, and no error."""
        body = self.body
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return Outcome.STRANGE, f"the answer is no JSON: {body[:MAX_DETAIL_LENGTH].decode(errors='replace')}"
        if not isinstance(value, dict | list):
            return Outcome.STRANGE, "the answer is neither an object nor a list"
        if isinstance(value, dict):
            self.usage = value.get("usage")
            if value.get("error") is not None:
                return (
                    Outcome.STRANGE,
                    f"an error under a status of success: {body[:MAX_DETAIL_LENGTH].decode(errors='replace')}",
                )
        return Outcome.OK, ""

    @property
    def tokens(self) -> TokenCount:
        return tokens_from_usage(self.usage) or TokenCount()


def tokens_from_usage(usage: Any) -> TokenCount | None:
    """The counts of a usage object, under the names of either API; None where it holds none."""
    if not isinstance(usage, dict):
        return None
    prompt = usage.get("prompt_tokens", usage.get("input_tokens"))
    answer = usage.get("completion_tokens", usage.get("output_tokens", 0))
    if not isinstance(prompt, int) or not isinstance(answer, int):
        return None
    return TokenCount(prompt, answer, "usage")
