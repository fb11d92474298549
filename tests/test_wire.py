"""The wire over real sockets: what every way of answering, and of breaking off, is recorded as."""

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

from wireproof.answer import Answer
from wireproof.exchange import Request
from wireproof.pulse import STALL_NS, Pulse
from wireproof.render import Outgoing
from wireproof.target import Deadlines, Key
from wireproof.wire import BODY_BOUND, Wire

pytestmark = pytest.mark.asyncio
# No deadline passes, however long a busy machine lets this process wait.
PATIENT = Deadlines(connect=60, first_byte=60, idle=60, total=120)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Reply = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """One connection at the server's end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    over: asyncio.Event

    async def hear(self) -> bytes:
        """One request: its head, and as much body as it announces."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return head + await self.reader.readexactly(int(lengths[0])) if lengths else head

    async def say(self, *parts: bytes) -> None:
        """Send parts that arrive as reads of their own: each is acknowledged before the next is sent."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await self.taken()

    async def taken(self) -> None:
        """The other end has read everything, as far as its kernel tells, or has gone."""
        sock = self.writer.get_extra_info("socket")
        while _unread(sock) and not (self.writer.is_closing() or self.over.is_set()):
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)

    def reset(self) -> None:
        """Leave with RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def _unread(sock: socket.socket) -> bool:
    """Whether sent bytes still wait for the other end's acknowledgement (SIOCOUTQ)."""
    waiting = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, waiting)
    return waiting[0] > 0


@dataclass
class Server:
    """A server whose answers a test writes; `heard` holds the requests of each connection."""

    port: int
    heard: list[list[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/models"


@contextlib.asynccontextmanager
async def serving(reply: Reply) -> AsyncIterator[Server]:
    """Answer every request with `reply`, in this event loop, until the block ends."""
    found, over = Server(0), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        found.heard.append(requests)
        peer = Peer(reader, writer, over)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                requests.append(await peer.hear())
                await reply(peer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        over.set()
        server.close()


def saying(*parts: bytes, close: bool = False) -> Reply:
    async def reply(peer: Peer) -> None:
        await peer.say(*parts)
        if close:
            peer.writer.close()

    return reply


def falling_silent(*parts: bytes) -> Reply:
    """Say something and then nothing more, with the connection open, until the test ends."""

    async def reply(peer: Peer) -> None:
        await peer.say(*parts)
        await peer.over.wait()
        peer.writer.close()

    return reply


def asking(url: str, key: Key | None = None, *headers: tuple[str, str], body: bytes = b"") -> Outgoing:
    return Outgoing(Request("POST" if body else "GET", url, headers, body), key)


async def ask(reply: Reply, deadlines: Deadlines = PATIENT) -> Answer:
    """The answer to one request."""
    async with serving(reply) as server, Wire(4, deadlines) as wire:
        return await wire.send(asking(server.url))


def body(answer: Answer) -> bytes:
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
async def test_an_answer_comes_whole(parts: list[bytes], content: bytes) -> None:
    answer = await ask(saying(*parts))
    assert (answer.broken, answer.http_version, body(answer), answer.truncated) == (None, "HTTP/1.1", content, False)


async def test_a_body_without_length_ends_with_the_connection() -> None:
    answer = await ask(saying(b"HTTP/1.1 200 OK\r\n\r\n", b"{}", close=True))
    assert (answer.broken, body(answer)) == (None, b"{}")


async def test_header_lines_are_kept_as_they_came() -> None:
    answer = await ask(saying(b"HTTP/1.1 429 Slow\r\nX-ODD: \xff\r\nx-odd: 2\r\nContent-Length: 0\r\n\r\n"))
    assert answer.status == 429
    assert [line for line in answer.headers if line[0].lower() == b"x-odd"] == [(b"X-ODD", b"\xff"), (b"x-odd", b"2")]


async def test_each_network_read_is_kept_with_its_time() -> None:
    answer = await ask(saying(CHUNKED, b"3\r\nabc\r\n", b"3\r\ndef\r\n", b"0\r\n\r\n"))
    assert [read.data for read in answer.reads] == [b"abc", b"def"]
    assert answer.headers_ns is not None
    assert answer.ended_ns is not None
    times = [answer.started_ns, answer.headers_ns, *(read.at_ns for read in answer.reads), answer.ended_ns]
    assert times == sorted(times)
    assert len({read.at_ns for read in answer.reads}) == 2


async def test_a_stall_of_our_own_is_told() -> None:
    async def reply(peer: Peer) -> None:
        await peer.say(CHUNKED)
        time.sleep(0.1)  # the server lives in the client's loop, so this holds the client up
        await peer.say(b"0\r\n\r\n")

    answer = await ask(reply)
    assert answer.ended_ns is not None
    assert 0.1e9 <= answer.stalled_ns <= answer.ended_ns - answer.started_ns


async def test_a_stall_is_one_of_its_own_time_alone() -> None:
    async with Pulse() as pulse:
        before_ns = time.monotonic_ns()
        time.sleep(0.1)  # what is told is a loop that is held up
        after_ns = time.monotonic_ns()
        await asyncio.sleep(0)
        assert pulse.longest_ns(before_ns, after_ns) >= 0.1e9
        assert pulse.longest_ns(before_ns, before_ns + 1000) <= 1000
        assert pulse.longest_ns(0, before_ns - STALL_NS) == 0


async def test_chunks_that_arrive_in_one_read_are_one_read() -> None:
    answer = await ask(saying(CHUNKED + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"))
    assert [read.data for read in answer.reads] == [b"abcdef"]


async def test_a_body_beyond_the_bound_is_cut_and_says_so() -> None:
    part = b"x" * 65536
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_BOUND + len(part))

    async def reply(peer: Peer) -> None:
        peer.writer.write(head)
        for _ in range(BODY_BOUND // len(part) + 1):
            peer.writer.write(part)
            await peer.writer.drain()

    answer = await ask(reply)
    assert (answer.broken, answer.truncated) == (None, True)
    assert 0 < len(body(answer)) <= BODY_BOUND


# --- connections


async def test_a_connection_is_used_again() -> None:
    async with serving(saying(OK)) as server, Wire(4, PATIENT) as wire:
        answers = [await wire.send(asking(server.url)) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 200]
        assert [len(requests) for requests in server.heard] == [3]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", id="500"),
        pytest.param(b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", id="503"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", id="connection-close"),
    ],
)
async def test_after_a_failure_of_the_server_the_connection_is_a_fresh_one(first: bytes) -> None:
    replies = iter([first, OK])

    async def reply(peer: Peer) -> None:
        await peer.say(next(replies))

    async with serving(reply) as server, Wire(4, PATIENT) as wire:
        statuses = [(await wire.send(asking(server.url))).status for _ in range(2)]
        assert statuses[1] == 200
        assert len(server.heard) == 2


async def test_no_more_connections_are_open_than_allowed() -> None:
    async with serving(saying(OK)) as server, Wire(2, PATIENT) as wire:
        await asyncio.gather(*(wire.send(asking(server.url)) for _ in range(8)))
        assert len(server.heard) <= 2
        assert sum(map(len, server.heard)) == 8


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
async def test_a_peer_that_breaks_http_is_told_with_its_bytes(parts: list[bytes], kind: str) -> None:
    answer = await ask(saying(*parts, close=True))
    assert answer.broken is not None
    assert answer.broken.kind == kind, answer.broken
    assert answer.broken.evidence == b"".join(parts)
    assert answer.silent is (not parts)


@pytest.mark.parametrize("close", [pytest.param(True, id="and-leaves"), pytest.param(False, id="and-waits")])
async def test_a_peer_of_another_protocol_breaks_http_and_not_a_deadline(close: bool) -> None:
    banner = b"220 mail.example ESMTP\r\n"
    # Who leaves needs no deadline to end the wait; who waits has a second to send the banner.
    reply = saying(banner, close=True) if close else falling_silent(banner)
    answer = await ask(reply, PATIENT if close else replace(PATIENT, connect=0.1, first_byte=1))
    assert answer.broken is not None
    assert (answer.broken.kind, answer.broken.evidence) == ("protocol", banner)


async def test_what_came_before_the_break_is_kept() -> None:
    answer = await ask(saying(CHUNKED, b"2\r\n{}\r\n", close=True))
    assert (answer.status, body(answer)) == (200, b"{}")


async def test_a_reset_inside_the_body_is_told() -> None:
    async def reply(peer: Peer) -> None:
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"{}")
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
async def test_bytes_behind_the_end_of_an_answer_are_its_own_breach_and_not_the_next_ones(first: bytes) -> None:
    replies = iter([first, OK])

    async def reply(peer: Peer) -> None:
        await peer.say(next(replies))

    async with serving(reply) as server, Wire(1, PATIENT) as wire:
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
async def test_a_peer_that_falls_silent_meets_the_deadline(
    parts: list[bytes], deadlines: dict[str, float], kind: str
) -> None:
    answer = await ask(falling_silent(*parts), replace(PATIENT, **deadlines))
    assert answer.broken is not None
    assert (answer.broken.kind, answer.broken.evidence) == (kind, b"".join(parts))


async def test_a_peer_that_drips_for_ever_meets_the_total_deadline() -> None:
    async def reply(peer: Peer) -> None:
        await peer.say(CHUNKED)
        while True:
            await peer.say(b"1\r\nx\r\n")

    answer = await ask(reply, replace(PATIENT, total=0.3))
    assert answer.broken is not None
    assert answer.broken.kind == "total"
    assert set(body(answer)) == {ord("x")}


async def test_after_a_silence_the_next_request_has_a_fresh_connection() -> None:
    silent = iter([True, False])

    async def reply(peer: Peer) -> None:
        await (falling_silent(CHUNKED) if next(silent) else saying(OK))(peer)

    async with serving(reply) as server, Wire(1, replace(PATIENT, idle=0.2)) as wire:
        first, second = [await wire.send(asking(server.url)) for _ in range(2)]
    assert first.broken is not None
    assert second.status == 200


# --- how requests travel


async def test_a_body_goes_in_chunks_where_the_request_says_so() -> None:
    raw: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw.append(await reader.readuntil(b"\r\n0\r\n\r\n"))
        writer.write(OK)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, Wire(1, PATIENT) as wire:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await wire.send(asking(url, None, ("Transfer-Encoding", "chunked"), body=b'{"a": 1}'))
    head, _, chunks = raw[0].partition(b"\r\n\r\n")
    assert answer.status == 200
    assert b"content-length" not in head.lower()
    assert chunks == b'4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n'


async def test_a_client_that_expects_to_be_told_sends_its_body_when_it_is_told() -> None:
    before: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        before.append(b"Content-Length: 8" in head)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(8) == b'{"a": 1}'
        writer.write(OK)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, Wire(1, PATIENT) as wire:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await wire.send(asking(url, None, ("Expect", "100-continue"), body=b'{"a": 1}'))
    assert (answer.status, answer.interim, before, answer.broken) == (200, (100,), [True], None)


async def test_a_client_that_is_told_nothing_sends_its_body_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wireproof.upload.PATIENCE", 0.05)
    async with serving(saying(OK)) as server, Wire(1, PATIENT) as wire:
        answer = await wire.send(asking(server.url, None, ("Expect", "100-continue"), body=b'{"a": 1}'))
        assert (answer.status, answer.interim) == (200, ())
        assert server.heard[0][0].endswith(b'{"a": 1}')


async def test_each_answer_says_which_connection_carried_it() -> None:
    replies = iter([OK, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", OK])

    async def reply(peer: Peer) -> None:
        await peer.say(next(replies))

    async with serving(reply) as server, Wire(1, PATIENT) as wire:
        answers = [await wire.send(asking(server.url)) for _ in range(3)]
    assert [answer.connection for answer in answers] == [1, 1, 2]


async def test_connections_apart_are_used_by_nobody_else() -> None:
    async with serving(saying(OK)) as server, Wire(1, PATIENT) as wire:
        await wire.send(asking(server.url))
        async with wire.apart(1) as line:
            answers = [await line.send(asking(server.url)) for _ in range(2)]
        await wire.send(asking(server.url))
        assert [len(requests) for requests in server.heard] == [2, 2]
    assert [answer.connection for answer in answers] == [1, 1]


async def test_a_client_leaves_after_the_events_it_was_to_read() -> None:
    gone = asyncio.Event()

    async def reply(peer: Peer) -> None:
        try:
            await peer.say(CHUNKED, *(b"9\r\ndata: %d\n\n\r\n" % n for n in range(2)))
            await peer.reader.read()  # until the client is gone, with FIN or RST
        finally:
            gone.set()
            peer.writer.close()

    async with serving(reply) as server, Wire(1, PATIENT) as wire:
        answer = await wire.send(replace(asking(server.url), leave_after=2))
        await asyncio.wait_for(gone.wait(), 5)
    assert (answer.left, answer.truncated, answer.broken) == (True, True, None)
    assert body(answer) == b"data: 0\n\ndata: 1\n\n"


async def test_a_client_in_a_hurry_leaves_before_it_is_answered() -> None:
    gone = asyncio.Event()

    async def reply(peer: Peer) -> None:
        await peer.reader.read()  # until the client is gone
        gone.set()
        peer.writer.close()

    async with serving(reply) as server, Wire(1, PATIENT) as wire:
        answer = await wire.send(replace(asking(server.url), leave_in=0.01))
        await asyncio.wait_for(gone.wait(), 5)
    assert (answer.left, answer.truncated, answer.broken, answer.status) == (True, True, None, None)


async def test_a_client_in_a_hurry_takes_what_comes_in_time() -> None:
    async with serving(saying(OK)) as server, Wire(1, PATIENT) as wire:
        answer = await wire.send(replace(asking(server.url), leave_in=60.0))
    assert (answer.left, answer.broken, answer.status) == (False, None, 200)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_told_and_the_key_goes_to_no_other_host(status: int) -> None:
    async with serving(saying(OK)) as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        async with serving(saying(head.encode())) as server, Wire(1, PATIENT) as wire:
            key = Key("WIREPROOF_KEY", "sk-secret")
            outgoing = asking(server.url, key, ("Authorization", "Bearer $WIREPROOF_KEY"), body=b"{}")
            answer = await wire.send(outgoing)
        assert answer.status == status
        assert elsewhere.heard == []


# --- what keeps us from asking


async def test_a_port_where_nobody_listens_refuses_the_connection() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with Wire(1, PATIENT) as wire:
            answer = await wire.send(asking(f"http://127.0.0.1:{closed.getsockname()[1]}/"))
    assert answer.broken is not None
    assert (answer.broken.kind, answer.status) == ("connect", None)
    assert answer.broken.detail


async def test_a_plain_server_behind_https_is_a_failure_of_tls() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, Wire(1, PATIENT) as wire:
        port = server.sockets[0].getsockname()[1]
        answer = await wire.send(asking(f"https://127.0.0.1:{port}/"))
    assert answer.broken is not None
    assert answer.broken.kind == "tls", answer.broken


async def test_a_request_that_cannot_be_sent_is_no_fault_of_the_peer() -> None:
    async with serving(saying(OK)) as server, Wire(1, PATIENT) as wire:
        answer = await wire.send(asking(server.url, None, ("X-Odd", "a\nb")))
        assert answer.broken is not None
        assert answer.broken.kind == "request"
        assert server.heard in ([], [[]])


# --- what is sent


async def test_the_key_goes_over_the_wire_and_stands_nowhere_else() -> None:
    key = Key("WIREPROOF_KEY", "sk-secret")
    async with serving(saying(OK)) as server, Wire(1, PATIENT) as wire:
        outgoing = asking(server.url, key, ("Authorization", "Bearer $WIREPROOF_KEY"), body=b"{}")
        await wire.send(outgoing)
        assert b"\r\nAuthorization: Bearer sk-secret\r\n" in server.heard[0][0]
    assert "sk-secret" not in repr(outgoing)
    assert "sk-secret" not in outgoing.shown.as_curl()


async def test_a_request_says_who_asks_and_takes_no_coding() -> None:
    async with serving(saying(OK)) as server, Wire(1, PATIENT) as wire:
        await wire.send(asking(server.url, body=b'{"a": 1}'))
        head, _, content = server.heard[0][0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/models HTTP/1.1\r\n")
    assert b"\r\nAccept-Encoding: identity" in head
    assert b"\r\nUser-Agent: wireproof/" in head
    assert content == b'{"a": 1}'
