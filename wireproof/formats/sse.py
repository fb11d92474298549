"""Decoder of server-sent events without I/O.

Source: WHATWG HTML, "Server-sent events", sections 9.2.5 and 9.2.6 (parsing and interpreting an event stream).
The decoder reads on after an error, as clients do. It records each breach of the format as an offence with
rule, byte offset and bytes, also where clients tolerate the breach.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\n|\r")
KNOWN_FIELDS = ("data", "event", "id", "retry")


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event.

    Attributes:
        data: the data lines joined by line feeds.
        event: the event name; None if the stream sent none.
        id: the last event id; None if the stream sent none.
        index: position among the dispatched events.
        offset: byte offset of the first line in the body.
        at_ns: arrival of the last byte, in nanoseconds of the monotonic clock.
    """

    data: str
    event: str | None
    id: str | None
    index: int
    offset: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Offence:
    """A breach of the event stream format, or legal input that naive clients fail on."""

    rule: str
    offset: int
    detail: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that starts with a colon, often a keep-alive."""

    text: str
    offset: int
    at_ns: int


@dataclass(slots=True)
class Decoder:
    """Incremental decoder: `feed` adds bytes, `close` ends the body; both extend the public lists."""

    events: list[Event] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    offences: list[Offence] = field(default_factory=list)
    line_ends: set[bytes] = field(default_factory=set)
    _head: bytes | None = b""
    _line_parts: list[bytes] = field(default_factory=list)
    _offset: int = 0
    _after_cr: bool = False
    _data: list[str] = field(default_factory=list)
    _event: str | None = None
    _id: str | None = None
    _start: int | None = None

    def feed(self, data: bytes, at_ns: int = 0) -> None:
        """Reads more bytes; events that they complete get the arrival time `at_ns`."""
        if self._head is not None:
            data = self._without_bom(self._head + data)
        if self._after_cr and data:
            data = self._without_line_feed(data)
        self._read_lines(data, at_ns)

    def close(self, at_ns: int = 0) -> None:
        """Ends the body; an event without its blank line is an offence, since clients drop it."""
        if self._after_cr:
            self._without_line_feed(b"")
        unfinished = b"".join((self._head or b"", *self._line_parts))
        self._head, self._line_parts = None, []
        if unfinished:
            self._add_offence("unterminated-line", f"the body ends inside the line {unfinished[:80]!r}")
            start, self._offset = self._offset, self._offset + len(unfinished)
            self._read_line(start, unfinished, at_ns)
        if self._data:
            first_line = self._data[0][:80]
            self._add_offence("unterminated-event", f"the body ends before the blank line after {first_line!r}")
        self._data, self._event, self._start = [], None, None

    def _without_bom(self, head: bytes) -> bytes:
        """The bytes after a byte order mark; none while the mark is incomplete."""
        if len(head) < len(BOM) and BOM.startswith(head):
            self._head = head
            return b""
        self._head = None
        if head.startswith(BOM):
            self._add_offence("byte-order-mark", "the body starts with a byte order mark")
            self._offset = len(BOM)
        return head.removeprefix(BOM)

    def _without_line_feed(self, data: bytes) -> bytes:
        """The bytes after the second half of a CRLF that two reads split."""
        self._after_cr = False
        is_crlf = data.startswith(b"\n")
        self.line_ends.add(b"\r\n" if is_crlf else b"\r")
        self._offset += is_crlf
        return data[is_crlf:]

    def _read_lines(self, data: bytes, at_ns: int) -> None:
        # Only new bytes are searched and an unfinished line is kept in parts, so that small reads stay cheap.
        consumed = 0
        for end in LINE_END.finditer(data):
            line = b"".join((*self._line_parts, data[consumed : end.start()]))
            consumed, self._line_parts = end.end(), []
            # A CR at the end of the bytes may be the first half of a CRLF.
            self._after_cr = end[0] == b"\r" and consumed == len(data)
            if not self._after_cr:
                self.line_ends.add(end[0])
            start, self._offset = self._offset, self._offset + len(line) + len(end[0])
            self._read_line(start, line, at_ns)
        if consumed < len(data):
            self._line_parts.append(data[consumed:])

    def _read_line(self, start: int, line: bytes, at_ns: int) -> None:
        if not line:
            self._dispatch(at_ns)
            return
        text = self._decode_text(line, start)
        if text.startswith(":"):
            self.comments.append(Comment(text[1:].removeprefix(" "), start, at_ns))
            return
        name, colon, value = text.partition(":")
        if colon and value[:1] != " ":
            self._add_offence("no-space-after-colon", f"{text[:80]!r}", start)
        self._read_field(name, value.removeprefix(" "), start)

    def _decode_text(self, line: bytes, start: int) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            self._add_offence("not-utf-8", f"{error.reason} in {line[:80]!r}", start + error.start)
            return line.decode(errors="replace")

    def _read_field(self, name: str, value: str, start: int) -> None:
        if name not in KNOWN_FIELDS:
            self._add_offence("unknown-field", f"{name[:80]!r} is not a field of an event stream", start)
            return
        if self._start is None:
            self._start = start
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and not (value.isascii() and value.isdigit()):
            self._add_offence("bad-retry", f"retry: {value[:80]!r} is not a whole number", start)

    def _dispatch(self, at_ns: int) -> None:
        if self._data:
            start = self._start or 0
            if len(self._data) > 1:
                self._add_offence("many-data-lines", f"{len(self._data)} data lines make one event", start)
            text = "\n".join(self._data)
            self.events.append(Event(text, self._event, self._id, len(self.events), start, at_ns))
        elif self._start is not None:
            self._add_offence("event-without-data", "clients drop an event that has no data line", self._start)
        self._data, self._event, self._start = [], None, None

    def _add_offence(self, rule: str, detail: str, offset: int | None = None) -> None:
        self.offences.append(Offence(rule, self._offset if offset is None else offset, detail))


def decode(reads: Iterable[tuple[int, bytes]]) -> Decoder:
    """Decodes a whole body, passed as reads of (arrival in ns, bytes)."""
    decoder, at_ns = Decoder(), 0
    for at_ns, data in reads:
        decoder.feed(data, at_ns)
    decoder.close(at_ns)
    return decoder
