"""The HTTP client over real sockets: every kind of response, failure and disconnect is recorded."""

from __future__ import annotations

import array
import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from wireproof.client.http_client import HttpClient
from wireproof.client.loop_lag import STALL_NS, LoopLag
from wireproof.client.partial_response import PartialResponse
from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract.target import Deadlines, Key
from wireproof.evidence.curl import curl_command
from wireproof.evidence.exchange import Request
from wireproof.formats.answer_bounds import MAX_BODY_BYTES

pytestmark = pytest.mark.asyncio
# No deadline passes, however long a busy machine lets this process wait.
PATIENT = Deadlines(connect=60, first_byte=60, idle=60, total=120)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Reply = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """The server's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    over: asyncio.Event

    async def receive(self) -> bytes:
        """Reads one request: its head, and as much body as it announces."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return head + await self.reader.readexactly(int(lengths[0])) if lengths else head

    async def send_parts(self, *parts: bytes) -> None:
        """Sends parts as separate reads: each is acknowledged before the next is sent."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await self.drained()

    async def drained(self) -> None:
        """Waits until the other end has read everything, by its kernel, or has closed."""
        sock = self.writer.get_extra_info("socket")
        while _unread(sock) and not (self.writer.is_closing() or self.over.is_set()):
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def _unread(sock: socket.socket) -> bool:
    """True if sent bytes are not acknowledged yet (SIOCOUTQ)."""
    waiting = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, waiting)
    return waiting[0] > 0


@dataclass
class Server:
    """A server with scripted responses; `received` has the requests of each connection."""

    port: int
    received: list[list[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/models"


@contextlib.asynccontextmanager
async def serving(reply: Reply) -> AsyncIterator[Server]:
    """Answers every request with `reply` in this event loop until the block ends."""
    found, over = Server(0), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        found.received.append(requests)
        peer = Peer(reader, writer, over)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                requests.append(await peer.receive())
                await reply(peer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        over.set()
        server.close()


def responding(*parts: bytes, close: bool = False) -> Reply:
    async def reply(peer: Peer) -> None:
        await peer.send_parts(*parts)
        if close:
            peer.writer.close()

    return reply


def falling_silent(*parts: bytes) -> Reply:
    """Sends the parts and then nothing more, with the connection open."""

    async def reply(peer: Peer) -> None:
        await peer.send_parts(*parts)
        await peer.over.wait()
        peer.writer.close()

    return reply


def asking(url: str, key: Key | None = None, *headers: tuple[str, str], body: bytes = b"") -> OutgoingRequest:
    return OutgoingRequest(Request("POST" if body else "GET", url, headers, body), key)


async def ask(reply: Reply, deadlines: Deadlines = PATIENT) -> PartialResponse:
    """The response to one request."""
    async with serving(reply) as server, HttpClient(4, deadlines) as wire:
        return await wire.send(asking(server.url))


def body(answer: PartialResponse) -> bytes:
    return b"".join(read.data for read in answer.reads)


# --- whole answers


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        pytest.param([OK], b"{}", id="fixed"),
        pytest.param([CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"], b"{}", id="chunked"),
        pytest.param([CHUNKED, b"1\r\n{\r\n", b"1\r\n}\r\n", b"0\r\n\r\n"], b"{}", id="chunked-in-parts"),
        pytest.param([b"HTTP/1.1 204 No Content\r\n\r\n"], b"", id="no-content"),
        pytest.param([b"HTTP/1.1 103 Early Hints\r\n\r\n", OK], b"{}", id="after-an-early-hint"),
        pytest.param([*(bytes([byte]) for byte in OK)], b"{}", id="byte-by-byte"),
    ],
)
async def test_a_complete_response_is_read(parts: list[bytes], content: bytes) -> None:
    answer = await ask(responding(*parts))
    assert (answer.broken, answer.http_version, body(answer), answer.truncated) == (None, "HTTP/1.1", content, False)


async def test_a_body_without_length_ends_with_the_connection() -> None:
    answer = await ask(responding(b"HTTP/1.1 200 OK\r\n\r\n", b"{}", close=True))
    assert (answer.broken, body(answer)) == (None, b"{}")


async def test_header_lines_are_kept_unchanged() -> None:
    answer = await ask(responding(b"HTTP/1.1 429 Slow\r\nX-ODD: \xff\r\nx-odd: 2\r\nContent-Length: 0\r\n\r\n"))
    assert answer.status == 429
    assert [line for line in answer.headers if line[0].lower() == b"x-odd"] == [(b"X-ODD", b"\xff"), (b"x-odd", b"2")]


async def test_each_network_read_is_kept_with_its_time() -> None:
    answer = await ask(responding(CHUNKED, b"3\r\nabc\r\n", b"3\r\ndef\r\n", b"0\r\n\r\n"))
    assert [read.data for read in answer.reads] == [b"abc", b"def"]
    assert answer.headers_ns is not None
    assert answer.ended_ns is not None
    times = [answer.started_ns, answer.headers_ns, *(read.at_ns for read in answer.reads), answer.ended_ns]
    assert times == sorted(times)
    assert len({read.at_ns for read in answer.reads}) == 2


async def test_a_stall_of_the_own_loop_is_recorded() -> None:
    async def reply(peer: Peer) -> None:
        await peer.send_parts(CHUNKED)
        time.sleep(0.1)  # the server shares the loop of the client, which this blocks
        await peer.send_parts(b"0\r\n\r\n")

    answer = await ask(reply)
    assert answer.ended_ns is not None
    assert 0.1e9 <= answer.stalled_ns <= answer.ended_ns - answer.started_ns


async def test_a_stall_counts_in_its_own_interval_only() -> None:
    async with LoopLag() as lag:
        before_ns = time.monotonic_ns()
        time.sleep(0.1)  # blocks the event loop
        after_ns = time.monotonic_ns()
        await asyncio.sleep(0)
        assert lag.longest_stall_ns(before_ns, after_ns) >= 0.1e9
        assert lag.longest_stall_ns(before_ns, before_ns + 1000) <= 1000
        assert lag.longest_stall_ns(0, before_ns - STALL_NS) == 0


async def test_chunks_that_arrive_in_one_read_are_one_read() -> None:
    answer = await ask(responding(CHUNKED + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"))
    assert [read.data for read in answer.reads] == [b"abcdef"]


async def test_a_body_beyond_the_limit_is_marked_as_truncated() -> None:
    part = b"x" * 65536
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + len(part))

    async def reply(peer: Peer) -> None:
        peer.writer.write(head)
        for _ in range(MAX_BODY_BYTES // len(part) + 1):
            peer.writer.write(part)
            await peer.writer.drain()

    answer = await ask(reply)
    assert (answer.broken, answer.truncated) == (None, True)
    assert 0 < len(body(answer)) <= MAX_BODY_BYTES


# --- connections


async def test_a_connection_is_reused() -> None:
    async with serving(responding(OK)) as server, HttpClient(4, PATIENT) as wire:
        answers = [await wire.send(asking(server.url)) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 200]
        assert [len(requests) for requests in server.received] == [3]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", id="500"),
        pytest.param(b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", id="503"),
        pytest.param(b"HTTP/1.1 401 No key\r\nContent-Length: 2\r\n\r\n{}", id="401"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", id="connection-close"),
    ],
)
async def test_a_failure_or_a_refusal_leads_to_a_fresh_connection(first: bytes) -> None:
    replies = iter([first, OK])

    async def reply(peer: Peer) -> None:
        await peer.send_parts(next(replies))

    async with serving(reply) as server, HttpClient(4, PATIENT) as wire:
        statuses = [(await wire.send(asking(server.url))).status for _ in range(2)]
        assert statuses[1] == 200
        assert len(server.received) == 2


@pytest.mark.parametrize(
    ("end", "is_reset"),
    [
        pytest.param(lambda peer: peer.reset(), True, id="reset"),
        pytest.param(lambda peer: peer.writer.close(), False, id="closed-in-order"),
        pytest.param(lambda peer: None, False, id="kept"),
    ],
)
async def test_a_reset_right_after_a_failure_of_the_server_is_recorded(
    end: Callable[[Peer], None], is_reset: bool
) -> None:
    async def reply(peer: Peer) -> None:
        await peer.send_parts(b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}")
        end(peer)

    answer = await ask(reply)
    assert (answer.status, body(answer), answer.broken, answer.reset_after) == (500, b"{}", None, is_reset)


async def test_a_reset_of_a_case_with_its_own_connection_is_recorded_after_any_response() -> None:
    async def reply(peer: Peer) -> None:
        await peer.send_parts(OK)
        peer.reset()

    async with serving(reply) as server, HttpClient(4, PATIENT) as wire, wire.own_connections(1) as own:
        answer = await own.send(asking(server.url))
        assert (answer.status, answer.broken, answer.reset_after) == (200, None, True)


async def test_no_more_connections_are_open_than_allowed() -> None:
    async with serving(responding(OK)) as server, HttpClient(2, PATIENT) as wire:
        await asyncio.gather(*(wire.send(asking(server.url)) for _ in range(8)))
        assert len(server.received) <= 2
        assert sum(map(len, server.received)) == 8


# --- answers that break off


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        pytest.param([b"hello, world\r\n\r\n"], "protocol", id="no-http"),
        pytest.param([b"HTTP/1.1 2x0 OK\r\n\r\n"], "protocol", id="no-status"),
        pytest.param([b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"], "protocol", id="a-header-without-colon"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"], "protocol", id="two-lengths"
        ),
        pytest.param([CHUNKED + b"zz\r\n{}\r\n"], "protocol", id="a-bad-chunk-size"),
        pytest.param([CHUNKED + b"2\r\n{}x\r\n"], "protocol", id="a-chunk-longer-than-it-says"),
        pytest.param([CHUNKED + b"2\r\n{}\r\n"], "closed", id="no-last-chunk"),
        pytest.param([CHUNKED + b"5\r\n{}"], "closed", id="inside-a-chunk"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"], "closed", id="shorter-than-its-length"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-"], "closed", id="inside-the-head"),
        pytest.param([], "closed", id="no-answer"),
    ],
)
async def test_a_peer_that_breaks_http_is_recorded_with_its_bytes(parts: list[bytes], kind: str) -> None:
    answer = await ask(responding(*parts, close=True))
    assert answer.broken is not None
    assert answer.broken.kind == kind, answer.broken
    assert answer.broken.evidence == b"".join(parts)
    assert answer.is_empty is (not parts)


@pytest.mark.parametrize("close", [pytest.param(True, id="and-leaves"), pytest.param(False, id="and-waits")])
async def test_another_protocol_is_broken_http_and_not_a_deadline(close: bool) -> None:
    banner = b"220 mail.example ESMTP\r\n"
    # A peer that closes needs no deadline to end the wait; one that waits has a second to send the banner.
    reply = responding(banner, close=True) if close else falling_silent(banner)
    answer = await ask(reply, PATIENT if close else replace(PATIENT, connect=0.1, first_byte=1))
    assert answer.broken is not None
    assert (answer.broken.kind, answer.broken.evidence) == ("protocol", banner)


async def test_bytes_before_the_break_are_kept() -> None:
    answer = await ask(responding(CHUNKED, b"2\r\n{}\r\n", close=True))
    assert (answer.status, body(answer)) == (200, b"{}")


async def test_a_reset_inside_the_body_is_recorded() -> None:
    async def reply(peer: Peer) -> None:
        await peer.send_parts(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"{}")
        peer.reset()

    answer = await ask(reply)
    assert answer.broken is not None
    assert (answer.broken.kind, answer.status, body(answer)) == ("reset", 200, b"{}")


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(OK + b"HTTP/1.1 418 surplus\r\n", id="the-start-of-another-answer"),
        pytest.param(OK + b"HTTP/1.1 418 surplus\r\nContent-Length: 0\r\n\r\n", id="another-answer"),
        pytest.param(OK + b"\r\n", id="a-line-end"),
        pytest.param(b"HTTP/1.1 103 Hints\r\n\r\n" + OK + b"x", id="after-an-interim-answer"),
        pytest.param(CHUNKED + b"2\r\n{}\r\n0\r\n\r\nx", id="after-the-last-chunk"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n{}", id="a-body-where-none-is"),
    ],
)
async def test_surplus_bytes_are_a_failure_of_their_own_response(first: bytes) -> None:
    replies = iter([first, OK])

    async def reply(peer: Peer) -> None:
        await peer.send_parts(next(replies))

    async with serving(reply) as server, HttpClient(1, PATIENT) as wire:
        wrong, right = [await wire.send(asking(server.url)) for _ in range(2)]
    assert wrong.broken is not None
    assert (wrong.broken.kind, wrong.broken.evidence) == ("protocol", first)
    assert (right.broken, right.status, body(right)) == (None, 200, b"{}")


# --- deadlines


@pytest.mark.parametrize(
    ("parts", "deadlines", "kind"),
    [
        pytest.param([], {"connect": 0.1, "first_byte": 0.1}, "first-byte", id="silence"),
        pytest.param([b"HTTP/1.1 200"], {"connect": 0.1, "first_byte": 0.1}, "first-byte", id="inside-the-head"),
        pytest.param([CHUNKED + b"2\r\n{}\r\n"], {"idle": 0.2}, "idle", id="inside-the-body"),
        pytest.param([CHUNKED + b"2\r\n{}\r\n"], {"total": 0.3}, "total", id="in-all"),
        pytest.param([], {"total": 0.3}, "total", id="in-all-before-the-first-byte"),
    ],
)
async def test_a_silent_peer_exceeds_the_deadline(parts: list[bytes], deadlines: dict[str, float], kind: str) -> None:
    answer = await ask(falling_silent(*parts), replace(PATIENT, **deadlines))
    assert answer.broken is not None
    assert (answer.broken.kind, answer.broken.evidence) == (kind, b"".join(parts))


async def test_a_slow_endless_body_exceeds_the_total_deadline() -> None:
    async def reply(peer: Peer) -> None:
        await peer.send_parts(CHUNKED)
        while True:
            await peer.send_parts(b"1\r\nx\r\n")

    answer = await ask(reply, replace(PATIENT, total=0.3))
    assert answer.broken is not None
    assert answer.broken.kind == "total"
    assert set(body(answer)) == {ord("x")}


async def test_a_passed_deadline_leads_to_a_fresh_connection() -> None:
    silent = iter([True, False])

    async def reply(peer: Peer) -> None:
        await (falling_silent(CHUNKED) if next(silent) else responding(OK))(peer)

    async with serving(reply) as server, HttpClient(1, replace(PATIENT, idle=0.2)) as wire:
        first, second = [await wire.send(asking(server.url)) for _ in range(2)]
    assert first.broken is not None
    assert second.status == 200


# --- how requests travel


async def test_a_chunked_request_sends_its_body_in_chunks() -> None:
    raw: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw.append(await reader.readuntil(b"\r\n0\r\n\r\n"))
        writer.write(OK)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, HttpClient(1, PATIENT) as wire:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await wire.send(asking(url, None, ("Transfer-Encoding", "chunked"), body=b'{"a": 1}'))
    head, _, chunks = raw[0].partition(b"\r\n\r\n")
    assert answer.status == 200
    assert b"content-length" not in head.lower()
    assert chunks == b'4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n'


async def test_a_body_is_sent_after_100_continue() -> None:
    before: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        before.append(b"Content-Length: 8" in head)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(8) == b'{"a": 1}'
        writer.write(OK)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, HttpClient(1, PATIENT) as wire:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await wire.send(asking(url, None, ("Expect", "100-continue"), body=b'{"a": 1}'))
    assert (answer.status, answer.interim, before, answer.broken) == (200, (100,), [True], None)


async def test_a_body_is_sent_without_100_continue_after_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireproof.client.request_body.CONTINUE_WAIT_S", 0.05)
    async with serving(responding(OK)) as server, HttpClient(1, PATIENT) as wire:
        answer = await wire.send(asking(server.url, None, ("Expect", "100-continue"), body=b'{"a": 1}'))
        assert (answer.status, answer.interim) == (200, ())
        assert server.received[0][0].endswith(b'{"a": 1}')


async def test_each_response_has_the_number_of_its_connection() -> None:
    replies = iter([OK, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", OK])

    async def reply(peer: Peer) -> None:
        await peer.send_parts(next(replies))

    async with serving(reply) as server, HttpClient(1, PATIENT) as wire:
        answers = [await wire.send(asking(server.url)) for _ in range(3)]
    assert [answer.connection for answer in answers] == [1, 1, 2]


async def test_own_connections_are_not_shared() -> None:
    async with serving(responding(OK)) as server, HttpClient(1, PATIENT) as wire:
        await wire.send(asking(server.url))
        async with wire.own_connections(1) as line:
            answers = [await line.send(asking(server.url)) for _ in range(2)]
        await wire.send(asking(server.url))
        assert [len(requests) for requests in server.received] == [2, 2]
    assert [answer.connection for answer in answers] == [1, 1]


async def test_a_connection_of_a_case_is_kept_after_a_refusal() -> None:
    replies = iter([b"HTTP/1.1 401 No key\r\nContent-Length: 2\r\n\r\n{}", OK])

    async def reply(peer: Peer) -> None:
        await peer.send_parts(next(replies))

    async with serving(reply) as server, HttpClient(4, PATIENT) as wire, wire.own_connections(1) as own:
        answers = [await own.send(asking(server.url)) for _ in range(2)]
    assert [answer.connection for answer in answers] == [1, 1]


async def test_a_client_disconnects_after_the_given_events() -> None:
    gone = asyncio.Event()

    async def reply(peer: Peer) -> None:
        try:
            await peer.send_parts(CHUNKED, *(b"9\r\ndata: %d\n\n\r\n" % n for n in range(2)))
            await peer.reader.read()  # until the client is gone, with FIN or RST
        finally:
            gone.set()
            peer.writer.close()

    async with serving(reply) as server, HttpClient(1, PATIENT) as wire:
        answer = await wire.send(replace(asking(server.url), leave_after=2))
        await asyncio.wait_for(gone.wait(), 5)
    assert (answer.left, answer.truncated, answer.broken) == (True, True, None)
    assert body(answer) == b"data: 0\n\ndata: 1\n\n"


async def test_a_client_disconnects_when_its_time_limit_passes() -> None:
    gone = asyncio.Event()

    async def reply(peer: Peer) -> None:
        await peer.reader.read()  # until the client is gone
        gone.set()
        peer.writer.close()

    async with serving(reply) as server, HttpClient(1, PATIENT) as wire:
        answer = await wire.send(replace(asking(server.url), leave_in=0.01))
        await asyncio.wait_for(gone.wait(), 5)
    assert (answer.left, answer.truncated, answer.broken, answer.status) == (True, True, None, None)


async def test_a_client_with_a_time_limit_reads_a_response_in_time() -> None:
    async with serving(responding(OK)) as server, HttpClient(1, PATIENT) as wire:
        answer = await wire.send(replace(asking(server.url), leave_in=60.0))
    assert (answer.left, answer.broken, answer.status) == (False, None, 200)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_recorded_and_not_followed(status: int) -> None:
    async with serving(responding(OK)) as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        async with serving(responding(head.encode())) as server, HttpClient(1, PATIENT) as wire:
            key = Key("WIREPROOF_KEY", "sk-secret")
            outgoing = asking(server.url, key, ("Authorization", "Bearer $WIREPROOF_KEY"), body=b"{}")
            answer = await wire.send(outgoing)
        assert answer.status == status
        assert elsewhere.received == []


# --- failures before the request is sent


async def test_a_closed_port_refuses_the_connection() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with HttpClient(1, PATIENT) as wire:
            answer = await wire.send(asking(f"http://127.0.0.1:{closed.getsockname()[1]}/"))
    assert answer.broken is not None
    assert (answer.broken.kind, answer.status) == ("connect", None)
    assert answer.broken.detail


async def test_a_connection_that_does_not_open_in_time_names_the_deadline() -> None:
    # Further connections wait for ever once the queue of a listener that accepts none is full.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        async with HttpClient(1, replace(PATIENT, connect=0.1)) as wire:
            answer = await wire.send(asking(f"http://127.0.0.1:{listener.getsockname()[1]}/v1/models"))
    assert answer.broken is not None
    assert answer.broken.is_before_request
    assert "within 0.1 s; allow more time with --deadline connect=SECONDS" in answer.broken.detail


async def test_a_plain_server_under_https_is_a_tls_failure() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, HttpClient(1, PATIENT) as wire:
        port = server.sockets[0].getsockname()[1]
        answer = await wire.send(asking(f"https://127.0.0.1:{port}/"))
    assert answer.broken is not None
    assert answer.broken.kind == "tls", answer.broken


async def test_an_unsendable_request_is_not_a_failure_of_the_peer() -> None:
    async with serving(responding(OK)) as server, HttpClient(1, PATIENT) as wire:
        answer = await wire.send(asking(server.url, None, ("X-Odd", "a\nb")))
        assert answer.broken is not None
        assert answer.broken.kind == "request"
        assert server.received in ([], [[]])


# --- what is sent


async def test_the_key_is_sent_and_stored_nowhere() -> None:
    key = Key("WIREPROOF_KEY", "sk-secret")
    async with serving(responding(OK)) as server, HttpClient(1, PATIENT) as wire:
        outgoing = asking(server.url, key, ("Authorization", "Bearer $WIREPROOF_KEY"), body=b"{}")
        await wire.send(outgoing)
        assert b"\r\nAuthorization: Bearer sk-secret\r\n" in server.received[0][0]
    assert "sk-secret" not in repr(outgoing)
    assert "sk-secret" not in curl_command(outgoing.shown)


async def test_a_request_has_a_user_agent_and_accepts_no_coding() -> None:
    async with serving(responding(OK)) as server, HttpClient(1, PATIENT) as wire:
        await wire.send(asking(server.url, body=b'{"a": 1}'))
        head, _, content = server.received[0][0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/models HTTP/1.1\r\n")
    assert b"\r\nAccept-Encoding: identity" in head
    assert b"\r\nUser-Agent: wireproof/" in head
    assert content == b'{"a": 1}'
