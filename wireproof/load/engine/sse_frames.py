"""Server-sent events at speed: regular blocks are cut out by `split`, everything else goes through the decoder.

A regular block is `data: …` alone, or `event: …` and `data: …`, or one comment, ended by LF LF. The first block that
is anything else hands the rest of the stream to `wireproof.formats.sse`, which gives the same events and keeps the offences.
"""

from __future__ import annotations

from wireproof.formats import sse

DATA_LINE_START, COMMENT_LINE_START, EVENT_LINE_START = b"data: ", b":", b"event: "
SECOND_DATA_LINE = b"\ndata: "


class EventSplitter:
    """The data of each event of a stream, as bytes, as soon as it is complete."""

    __slots__ = ("_begun", "_decoder", "_given", "rest")

    def __init__(self) -> None:
        # The bytes of an event that is not complete.
        self.rest = b""
        self._decoder: sse.Decoder | None = None
        self._given = 0
        self._begun = False

    @property
    def is_regular(self) -> bool:
        """The decoder has not had to take over."""
        return self._decoder is None

    def feed(self, data: bytes) -> list[bytes]:
        """The data of the events that these bytes complete."""
        if self._decoder is not None:
            return self._feed_decoder(data)
        if b"\r" in data:
            return self._switch_to_decoder([], self.rest + data)
        blocks = (self.rest + data if self.rest else data).split(b"\n\n")
        self.rest = blocks.pop()
        found: list[bytes] = []
        for place, block in enumerate(blocks):
            if block.startswith(DATA_LINE_START) and b"\n" not in block:
                found.append(block[6:])
            elif block.startswith(EVENT_LINE_START) and block.count(b"\n") == 1 and SECOND_DATA_LINE in block:
                found.append(block.partition(SECOND_DATA_LINE)[2])
            elif not (block.startswith(COMMENT_LINE_START) and b"\n" not in block):
                return self._switch_to_decoder(found, b"\n\n".join((*blocks[place:], self.rest)))
            self._begun = True
        return found

    def close(self) -> tuple[sse.Offence, ...]:
        """The end of the body: what was wrong with the stream."""
        if self._decoder is None and self.rest:
            self._switch_to_decoder([], self.rest)
        if self._decoder is None:
            return ()
        self._decoder.close()
        return tuple(self._decoder.offences)

    def _switch_to_decoder(self, found: list[bytes], rest: bytes) -> list[bytes]:
        self._decoder, self.rest = sse.Decoder(), b""
        # A byte order mark is one at the very start alone; a blank line before the rest says that this is later.
        self._decoder.feed(b"\n") if self._begun else None
        return found + self._feed_decoder(rest)

    def _feed_decoder(self, data: bytes) -> list[bytes]:
        decoder = self._decoder
        assert decoder is not None
        decoder.feed(data)
        events = decoder.events[self._given :]
        self._given = len(decoder.events)
        return [event.data.encode() for event in events]
