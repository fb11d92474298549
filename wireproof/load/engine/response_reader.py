"""The reading of one answer, read by read, as the loop says that there is something.

The loop calls `_ready` itself: the greenlet of the user sleeps until the whole answer is there, and a chunk costs one
`recv` and no switch. Each read is stamped between `recv` and the parser, so that what this process does with the bytes
is never booked as the server's time.
"""

from __future__ import annotations

from ssl import SSLWantReadError
from time import perf_counter_ns
from typing import Any

from gevent import get_hub
from gevent.hub import Waiter
from gevent.ssl import SSLSocket
from geventhttpclient.response import HTTPParseError

from wireproof.contract.target import Deadlines
from wireproof.load.engine.chunked_body import ChunkSplitter
from wireproof.load.engine.kept_connection import KeptConnection
from wireproof.load.engine.leaving_fold import make_stream_fold
from wireproof.load.engine.response_fold import BodyFold, StreamFold
from wireproof.load.engine.response_parser import ResponseParser
from wireproof.load.request_record import Outcome
from wireproof.load.scenario.prepared_request import PreparedRequest

RECV_SIZE = 65536
EVENT_STREAM_TYPE = "text/event-stream"
MAX_REFUSAL_BYTES = 4096
RESPONSE_HEAD_END = b"\r\n\r\n"

Trouble = tuple[Outcome, str] | None


class ResponseReader:
    """How far the reading of one answer has come."""

    __slots__ = (
        "_chunks", "_deadlines", "_keeps", "_line", "_recv", "_shot", "_timer", "_trouble", "_waiter",
        "ended_ns", "headers_ns", "received", "refusal", "reply", "sent_ns", "tally",
    )  # fmt: skip

    def __init__(self, shot: PreparedRequest, deadlines: Deadlines, sent_ns: int, *, keeps: bool = False) -> None:
        self._shot, self._deadlines, self.sent_ns, self._keeps = shot, deadlines, sent_ns, keeps
        self.reply = ResponseParser()
        self.headers_ns: int | None = None
        self.ended_ns = self.received = 0
        self.tally: StreamFold | BodyFold | None = None
        self.refusal = b""
        self._chunks: ChunkSplitter | None = None
        self._timer: Any = None
        self._trouble: Trouble | Exception = None

    def read(self, plug: Any, line: KeptConnection) -> Trouble:
        """Read until the answer is whole, or there is trouble; anything unforeseen is raised here."""
        self._recv, self._line, self._waiter = plug.recv, line, Waiter()
        plug.settimeout(0.0)
        # Decrypted bytes that nobody has taken do not make a socket readable.
        ready = self._on_tls_readable if isinstance(plug, SSLSocket) else self._on_readable
        line.readable.start(ready)
        self._start_timer(self._deadlines.first_byte)
        try:
            self._waiter.get()
        finally:
            line.readable.stop()
            self._timer.close()
        if isinstance(self._trouble, Exception):
            raise self._trouble
        return self._trouble

    # Called by the loop.

    def _on_tls_readable(self) -> None:
        while self._on_readable():
            pass

    def _on_readable(self) -> bool:
        """Take one read; whether there may be more."""
        try:
            data = self._recv(RECV_SIZE)
            at_ns = perf_counter_ns()
            if self._feed(data, at_ns):
                return True
        except (BlockingIOError, SSLWantReadError):
            return False
        except Exception as error:
            self._trouble = error
        self._wake_reader()
        return False

    def _on_deadline(self) -> None:
        """A deadline may have passed."""
        now, given = perf_counter_ns(), self._deadlines
        silence = given.first_byte if self.headers_ns is None else given.idle
        left_s = silence - (now - (self.ended_ns or self.sent_ns)) / 1e9
        whole_s = given.total - (now - self.sent_ns) / 1e9
        if whole_s <= 0:
            self._trouble = Outcome.TIMEOUT, f"the answer took longer than {given.total:g} s"
        elif left_s <= 0:
            self._trouble = Outcome.TIMEOUT, "no byte within the deadline"
        else:
            self._start_timer(min(left_s, whole_s))
            return
        self._wake_reader()

    def _start_timer(self, seconds: float) -> None:
        """One timer at a time: one for each read would cost as much as the read."""
        if self._timer is not None:
            self._timer.close()
        self._timer = get_hub().loop.timer(min(seconds, self._deadlines.total))
        self._timer.start(self._on_deadline)

    def _wake_reader(self) -> None:
        self._line.readable.stop()
        self._timer.stop()
        self._waiter.switch(None)

    # Bytes in.

    def _feed(self, data: bytes, at_ns: int) -> bool:
        """Take in the bytes of one read; whether more is to come."""
        is_first = not self.received
        self.received += len(data)
        self.ended_ns = at_ns
        if self._chunks is not None:
            return self._feed_chunked(data, at_ns)
        place = data.find(RESPONSE_HEAD_END) + len(RESPONSE_HEAD_END) if is_first and self._shot.streams else 0
        if not is_whole_head(data[:place]):
            return self._feed_parser(data, at_ns)
        going = self._feed_parser(data[:place], at_ns)
        if going and self.tally is not None and self.reply.header("transfer-encoding").lower() == "chunked":
            self._chunks = ChunkSplitter()
        rest = data[place:]
        return self._feed_rest(rest, at_ns) if rest and going else going

    def _feed_rest(self, rest: bytes, at_ns: int) -> bool:
        return self._feed_parser(rest, at_ns) if self._chunks is None else self._feed_chunked(rest, at_ns)

    def _feed_chunked(self, data: bytes, at_ns: int) -> bool:
        """Go on in a chunked body, from where the head or a chunk ended."""
        chunks = self._chunks
        assert chunks is not None
        tally = self.tally
        assert tally is not None
        try:
            for piece in chunks.feed(data):
                tally.feed(piece, at_ns)
        except ValueError as error:
            return self._stop_with(Outcome.STRANGE, f"the answer is no HTTP: {error}")
        if chunks.rest is not None:
            self._chunks = None
            return self._feed_parser(chunks.rest, at_ns)
        return bool(data) or self._stop_with(Outcome.CUT, "the connection closed inside the body")

    def _feed_parser(self, data: bytes, at_ns: int) -> bool:
        reply = self.reply
        try:
            reply.feed(data)
        except HTTPParseError as error:
            if not data:
                return self._stop_with(Outcome.CUT, f"the connection closed after {self.received} bytes")
            return self._stop_with(Outcome.STRANGE, f"the answer is no HTTP: {error}")
        if self.headers_ns is None:
            if not reply.is_final:
                return bool(data) or self._stop_with(Outcome.CUT, "the connection closed before the headers")
            self.headers_ns = at_ns
            self.tally = self._make_fold(reply)
            if not reply.message_complete:
                self._start_timer(self._deadlines.idle)
        if reply.body:
            self._feed_body(bytes(reply.body), at_ns)
            del reply.body[:]
        if reply.message_complete:
            return False
        return bool(data) or self._stop_with(Outcome.CUT, "the connection closed inside the body")

    def _feed_body(self, data: bytes, at_ns: int) -> None:
        if self.tally is not None:
            self.tally.feed(data, at_ns)
        elif len(self.refusal) < MAX_REFUSAL_BYTES:
            self.refusal += data

    def _make_fold(self, reply: ResponseParser) -> StreamFold | BodyFold | None:
        """What folds the body; None for a refusal, of which a piece is kept."""
        if not 200 <= reply.get_code() < 300:
            return None
        if self._shot.streams and EVENT_STREAM_TYPE in reply.header("content-type").lower():
            shot = self._shot
            return make_stream_fold(shot.endpoint, shot.leave, keeps=self._keeps, whole=bool(shot.nonce))
        return BodyFold()

    def _stop_with(self, outcome: Outcome, detail: str) -> bool:
        self._trouble = outcome, detail
        return False


def is_whole_head(data: bytes) -> bool:
    """The first bytes of an answer end with its first blank line, however lenient the parser is in what ends a line."""
    return data.endswith(RESPONSE_HEAD_END) and b"\n\n" not in data and data.find(b"\n\r\n") == len(data) - 3
