"""The server side of HTTP/1.1 (RFC 9112), as a protocol of our own, so that a fault can change every byte."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import httptools

from wireproof.mock.application import Application
from wireproof.mock.cells.cell import Cell, SlotHold
from wireproof.mock.http.response_writer import Delivery
from wireproof.mock.protocol.messages import HttpRequest, Ops, Outgoing
from wireproof.mock.protocol.response_head import CONTINUE_RESPONSE, build_ops
from wireproof.mock.provider.body_validation import too_large_refusal
from wireproof.mock.provider.refusals import RequestRefused

# A longer body is not read to its end; the application refuses shorter ones by a limit of its own.
MAX_READ_BYTES = 64 * 1024 * 1024
MAX_HEADERS_SIZE = 64 * 1024
MAX_QUEUED_REQUESTS = 16
VERSIONS = ("1.0", "1.1")


class QueuedRequest:
    """A request that was read and waits for its answer."""

    __slots__ = ("chunked", "keep", "refusal", "request")

    def __init__(
        self, request: HttpRequest, *, keep: bool, chunked: bool, refusal: RequestRefused | None = None
    ) -> None:
        self.request, self.keep, self.chunked, self.refusal = request, keep, chunked, refusal


class Connection(asyncio.Protocol):
    """One connection: reads requests in order and answers them in order, one at a time."""

    def __init__(
        self, core: Application, live: set[Connection], clock: Callable[[], float] = time.time, cell: Cell | None = None
    ) -> None:
        self._core, self._live, self._clock, self._cell = core, live, clock, cell
        self._slot_hold: SlotHold | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._queue: deque[QueuedRequest] = deque()
        self._delivery: Delivery | None = None
        self._current_request: HttpRequest | None = None
        self._previous_status = 0
        self._ignores_input = False
        self._draining = False
        self._reset_message()

    # Events of the connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._live.add(self)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self._live.discard(self)
        self._ignores_input = True
        self._queue.clear()
        if self._delivery is not None:
            self._delivery.stop()
        self._release_slot()
        self._finish_request(left=True)

    def eof_received(self) -> bool:
        """Lets the transport close: a client that stops sending counts as having left."""
        return False

    def pause_writing(self) -> None:
        if self._delivery is not None:
            self._delivery.pause()

    def resume_writing(self) -> None:
        if self._delivery is not None:
            self._delivery.resume()

    @property
    def is_held_back(self) -> bool:
        """True if an answer waits for the client to read."""
        return self._delivery is not None and self._delivery.paused

    @property
    def is_idle(self) -> bool:
        """True if every request that was read has its answer."""
        return self._delivery is None and not self._queue

    def drain(self) -> None:
        """Finishes the running answer, takes no further request, and closes."""
        self._draining = True
        if self._delivery is None or self._delivery.hangs:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    # Bytes in.

    def data_received(self, data: bytes) -> None:
        if self._ignores_input:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse_unreadable(
                RequestRefused("bad-request", "This server upgrades to no other protocol.", status=400)
            )
        except RequestRefused as refusal:
            self._refuse_unreadable(refusal)
        except httptools.HttpParserError as problem:
            cause = problem.__context__
            refusal_inside = cause if isinstance(cause, RequestRefused) else None
            self._refuse_unreadable(
                refusal_inside or RequestRefused("bad-request", f"Malformed HTTP request: {problem}", status=400)
            )

    def _reset_message(self) -> None:
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._header_size = 0
        self._is_head_read = False
        self._body: list[bytes] = []
        self._body_size = 0

    def on_message_begin(self) -> None:
        self._reset_message()

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count_header_bytes(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header_bytes(len(name) + len(value) + 4)
        if self._is_head_read:  # a trailer, which may not stand for a header (RFC 9110 section 6.5.1)
            return
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def _count_header_bytes(self, more: int) -> None:
        self._header_size += more
        if self._header_size > MAX_HEADERS_SIZE:
            raise RequestRefused("headers-too-large", f"The request's head is longer than {MAX_HEADERS_SIZE} bytes.")

    def on_headers_complete(self) -> None:
        self._is_head_read = True
        self._check_head()
        headers = dict(self._headers)
        if int(headers.get("content-length") or 0) > MAX_READ_BYTES:
            raise too_large_refusal()
        if "expect" in headers and self._delivery is None and self._core.sends_continue(self._build_request()):
            self._transport.write(CONTINUE_RESPONSE)

    def _check_head(self) -> None:
        """Refuses what the parser lets pass: other versions, and a host that is missing or given twice (RFC 9112)."""
        version = self._parser.get_http_version()
        hosts = sum(name == "host" for name, _ in self._headers)
        if version not in VERSIONS:
            raise RequestRefused("bad-request", f"HTTP/{version} is not served; use HTTP/1.1.", status=505)
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            raise RequestRefused("bad-request", f"The request has {hosts} Host headers; expected one.", status=400)

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > MAX_READ_BYTES:
            raise too_large_refusal()
        self._body.append(body)

    def on_message_complete(self) -> None:
        keep = self._parser.should_keep_alive()
        self._queue.append(
            QueuedRequest(self._build_request(), keep=keep, chunked=self._parser.get_http_version() != "1.0")
        )
        self._ignores_input = self._ignores_input or not keep
        if len(self._queue) >= MAX_QUEUED_REQUESTS:
            self._transport.pause_reading()
        self._answer_next()

    def _build_request(self) -> HttpRequest:
        path, query = path_and_query(self._url)
        method = self._parser.get_method().decode("ascii") if self._url else "GET"
        body = b"".join(self._body)
        return HttpRequest(method, path, query, tuple(self._headers), body, self._clock(), self._previous_status)

    def _refuse_unreadable(self, refusal: RequestRefused) -> None:
        """Refuses bytes that cannot be parsed, after the requests before them, and closes."""
        self._ignores_input = True
        path, query = path_and_query(self._url)
        request = HttpRequest("GET", path, query, tuple(self._headers), b"", self._clock())
        self._queue.append(QueuedRequest(request, keep=False, chunked=True, refusal=refusal))
        self._answer_next()

    # Answers out.

    def _answer_next(self) -> None:
        while self._queue and self._delivery is None and not self._transport.is_closing():
            self._answer(self._queue.popleft())

    def _answer(self, queued: QueuedRequest) -> None:
        keep = queued.keep and not self._draining

        def make_ops(outgoing: Outgoing | None = None) -> Ops:
            answer = outgoing or self._find_answer(queued)
            return build_ops(answer, method=queued.request.method, chunked=queued.chunked, keep=keep)

        if self._cell is None or queued.refusal is not None:
            self._delivery = delivery = Delivery(self._transport, make_ops(), self._on_delivered)
            self._core.state.slots.when_free(queued.request, delivery.start_now)
            delivery.begin()
            return
        prepared = self._cell.answer(queued.request, (queued.chunked, keep), make_ops)
        self._delivery = Delivery(self._transport, prepared.ops, self._on_delivered)
        self._slot_hold = self._cell.send_in_slot(queued.request, prepared, self._delivery.restart)
        if self._delivery is None:  # all of it has been sent already
            self._release_slot()

    def _finish_request(self, *, left: bool = False) -> None:
        request, self._current_request = self._current_request, None
        if request is not None:
            self._core.finish(request, left=left)

    def _release_slot(self) -> None:
        hold, self._slot_hold = self._slot_hold, None
        if hold is not None:
            hold.end()

    def _find_answer(self, queued: QueuedRequest) -> Outgoing:
        if queued.refusal is not None:
            return self._core.refuse(queued.request, queued.refusal)
        self._current_request = queued.request
        outgoing = self._core.handle(queued.request)
        self._previous_status = outgoing.status
        return outgoing

    def _on_delivered(self) -> None:
        self._delivery = None
        self._release_slot()
        self._finish_request()
        if self._draining:
            self._transport.close()
            return
        self._transport.resume_reading()
        asyncio.get_running_loop().call_soon(self._answer_next) if self._queue else None


def path_and_query(url: bytes) -> tuple[str, str]:
    """Returns the path and the query of a request target, in origin or absolute form (RFC 9112 section 3.2)."""
    try:
        parsed: Any = httptools.parse_url(url)
    except httptools.HttpParserError:
        return url.decode("latin-1"), ""
    return (parsed.path or b"/").decode("latin-1"), (parsed.query or b"").decode("latin-1")
