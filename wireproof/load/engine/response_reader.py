"""The reading of one response, read by read, from the event loop.

The loop calls `_on_readable` itself: the greenlet of the user sleeps until the response is complete, and a chunk costs
one `recv` and no switch. Each read is stamped between `recv` and the parser, so that the time this process needs for
the bytes is never counted as the server's.
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
    """The reading of one response and its state."""

    __slots__ = (
        "_connection", "_deadlines", "_keep_body", "_recv", "_request", "_splitter", "_timer", "_trouble", "_waiter",
        "ended_ns", "fold", "headers_ns", "parser", "received", "refusal", "sent_ns",
    )  # fmt: skip

    def __init__(
        self, request: PreparedRequest, deadlines: Deadlines, sent_ns: int, *, keep_body: bool = False
    ) -> None:
        self._request, self._deadlines, self.sent_ns, self._keep_body = request, deadlines, sent_ns, keep_body
        self.parser = ResponseParser()
        self.headers_ns: int | None = None
        self.ended_ns = self.received = 0
        self.fold: StreamFold | BodyFold | None = None
        self.refusal = b""
        self._splitter: ChunkSplitter | None = None
        self._timer: Any = None
        self._trouble: Trouble | Exception = None

    def read(self, sock: Any, connection: KeptConnection) -> Trouble:
        """Reads until the response is complete or fails; raises what a callback of the loop raised."""
        self._recv, self._connection, self._waiter = sock.recv, connection, Waiter()
        sock.settimeout(0.0)
        # Decrypted bytes that wait to be read do not make a socket readable.
        callback = self._on_tls_readable if isinstance(sock, SSLSocket) else self._on_readable
        connection.read_watcher.start(callback)
        self._start_timer(self._deadlines.first_byte)
        try:
            self._waiter.get()
        finally:
            connection.read_watcher.stop()
            self._timer.close()
        if isinstance(self._trouble, Exception):
            raise self._trouble
        return self._trouble

    # Called by the loop.

    def _on_tls_readable(self) -> None:
        while self._on_readable():
            pass

    def _on_readable(self) -> bool:
        """Processes one read; returns True if there may be more."""
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
        """Ends the reading if a deadline has passed, else starts the next timer."""
        now, deadlines = perf_counter_ns(), self._deadlines
        silence_s = deadlines.first_byte if self.headers_ns is None else deadlines.idle
        left_s = silence_s - (now - (self.ended_ns or self.sent_ns)) / 1e9
        total_left_s = deadlines.total - (now - self.sent_ns) / 1e9
        if total_left_s <= 0:
            self._trouble = Outcome.TIMEOUT, f"the response took longer than {deadlines.total:g} s"
        elif left_s <= 0:
            self._trouble = Outcome.TIMEOUT, "no byte within the deadline"
        else:
            self._start_timer(min(left_s, total_left_s))
            return
        self._wake_reader()

    def _start_timer(self, seconds: float) -> None:
        """Starts the only timer; a timer for each read would cost as much as the read."""
        if self._timer is not None:
            self._timer.close()
        self._timer = get_hub().loop.timer(min(seconds, self._deadlines.total))
        self._timer.start(self._on_deadline)

    def _wake_reader(self) -> None:
        self._connection.read_watcher.stop()
        self._timer.stop()
        self._waiter.switch(None)

    # The processing of bytes.

    def _feed(self, data: bytes, at_ns: int) -> bool:
        """Processes the bytes of one read; returns True if more is to come."""
        is_first = not self.received
        self.received += len(data)
        self.ended_ns = at_ns
        if self._splitter is not None:
            return self._feed_chunked(data, at_ns)
        head_length = data.find(RESPONSE_HEAD_END) + len(RESPONSE_HEAD_END) if is_first and self._request.streams else 0
        if not is_whole_head(data[:head_length]):
            return self._feed_parser(data, at_ns)
        has_more = self._feed_parser(data[:head_length], at_ns)
        if has_more and self.fold is not None and self.parser.header("transfer-encoding").lower() == "chunked":
            self._splitter = ChunkSplitter()
        rest = data[head_length:]
        return self._feed_rest(rest, at_ns) if rest and has_more else has_more

    def _feed_rest(self, rest: bytes, at_ns: int) -> bool:
        return self._feed_parser(rest, at_ns) if self._splitter is None else self._feed_chunked(rest, at_ns)

    def _feed_chunked(self, data: bytes, at_ns: int) -> bool:
        """Continues in a chunked body, from the end of the head or of a chunk."""
        splitter = self._splitter
        assert splitter is not None
        fold = self.fold
        assert fold is not None
        try:
            for piece in splitter.feed(data):
                fold.feed(piece, at_ns)
        except ValueError as error:
            return self._stop_with(Outcome.STRANGE, f"the response is not HTTP: {error}")
        if splitter.rest is not None:
            self._splitter = None
            return self._feed_parser(splitter.rest, at_ns)
        return bool(data) or self._stop_with(Outcome.CUT, "the connection closed inside the body")

    def _feed_parser(self, data: bytes, at_ns: int) -> bool:
        parser = self.parser
        try:
            parser.feed(data)
        except HTTPParseError as error:
            if not data:
                return self._stop_with(Outcome.CUT, f"the connection closed after {self.received} bytes")
            return self._stop_with(Outcome.STRANGE, f"the response is not HTTP: {error}")
        if self.headers_ns is None:
            if not parser.is_final:
                return bool(data) or self._stop_with(Outcome.CUT, "the connection closed before the headers")
            self.headers_ns = at_ns
            self.fold = self._make_fold(parser)
            if not parser.message_complete:
                self._start_timer(self._deadlines.idle)
        if parser.body:
            self._feed_body(bytes(parser.body), at_ns)
            del parser.body[:]
        if parser.message_complete:
            return False
        return bool(data) or self._stop_with(Outcome.CUT, "the connection closed inside the body")

    def _feed_body(self, data: bytes, at_ns: int) -> None:
        if self.fold is not None:
            self.fold.feed(data, at_ns)
        elif len(self.refusal) < MAX_REFUSAL_BYTES:
            self.refusal += data

    def _make_fold(self, parser: ResponseParser) -> StreamFold | BodyFold | None:
        """The fold of the body; None for a refusal, of which only the start is kept."""
        if not 200 <= parser.get_code() < 300:
            return None
        if self._request.streams and EVENT_STREAM_TYPE in parser.header("content-type").lower():
            request = self._request
            return make_stream_fold(
                request.endpoint, request.leave, keep_body=self._keep_body, decode_all=bool(request.nonce)
            )
        return BodyFold()

    def _stop_with(self, outcome: Outcome, detail: str) -> bool:
        self._trouble = outcome, detail
        return False


def is_whole_head(data: bytes) -> bool:
    """True if the first bytes of a response end with its first blank line, for lenient parsers as well."""
    return data.endswith(RESPONSE_HEAD_END) and b"\n\n" not in data and data.find(b"\n\r\n") == len(data) - 3
