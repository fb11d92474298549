"""A fast path for server-sent events: `bytes.split` cuts out regular blocks, a decoder reads the rest.

A regular block is `data: …` alone, or `event: …` and `data: …`, or one comment, ended by LF LF. From the first other
block on, `wireproof.formats.sse` decodes the stream; it yields the same events and records the offences.
"""

from __future__ import annotations

from wireproof.formats import sse

DATA_LINE_START, COMMENT_LINE_START, EVENT_LINE_START = b"data: ", b":", b"event: "
SECOND_DATA_LINE = b"\ndata: "


class EventSplitter:
    """Splits a stream into the data of its events, each as soon as it is complete."""

    __slots__ = ("_decoder", "_has_started", "_more", "_returned", "rest")

    def __init__(self) -> None:
        # The bytes of an event that is not complete, and the reads that continue its last line: joined once the line
        # may end, so that each byte of a long line is copied once, however small the reads are.
        self.rest = b""
        self._more: list[bytes] = []
        self._decoder: sse.Decoder | None = None
        self._returned = 0
        self._has_started = False

    @property
    def is_regular(self) -> bool:
        """True if all blocks so far were regular."""
        return self._decoder is None

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the data of the events that these bytes complete."""
        if self._decoder is not None:
            return self._feed_decoder(data)
        if self.rest and b"\n" not in data and b"\r" not in data:
            self._more.append(data)
            return []
        if self.rest:
            data = self._take_rest() + data
        if b"\r" in data:
            return self._switch_to_decoder([], data)
        blocks = data.split(b"\n\n")
        self.rest = blocks.pop()
        payloads: list[bytes] = []
        for index, block in enumerate(blocks):
            if block.startswith(DATA_LINE_START) and b"\n" not in block:
                payloads.append(block[6:])
            elif block.startswith(EVENT_LINE_START) and block.count(b"\n") == 1 and SECOND_DATA_LINE in block:
                payloads.append(block.partition(SECOND_DATA_LINE)[2])
            elif not (block.startswith(COMMENT_LINE_START) and b"\n" not in block):
                return self._switch_to_decoder(payloads, b"\n\n".join((*blocks[index:], self.rest)))
            self._has_started = True
        return payloads

    def close(self) -> tuple[sse.Offence, ...]:
        """Ends the stream, and returns its offences."""
        if self._decoder is None and self.rest:
            self._switch_to_decoder([], self._take_rest())
        if self._decoder is None:
            return ()
        self._decoder.close()
        return tuple(self._decoder.offences)

    def _take_rest(self) -> bytes:
        rest, self.rest = b"".join((self.rest, *self._more)), b""
        self._more.clear()
        return rest

    def _switch_to_decoder(self, payloads: list[bytes], rest: bytes) -> list[bytes]:
        self._decoder, self.rest = sse.Decoder(), b""
        # Only the start of a stream may have a byte order mark; a blank line tells the decoder that this is later.
        self._decoder.feed(b"\n") if self._has_started else None
        return payloads + self._feed_decoder(rest)

    def _feed_decoder(self, data: bytes) -> list[bytes]:
        decoder = self._decoder
        assert decoder is not None
        decoder.feed(data)
        events = decoder.events[self._returned :]
        self._returned = len(decoder.events)
        return [event.data.encode() for event in events]
