"""The bytes of the socket front: framing, order, limits and endings, read by h11."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.server import serve_in_thread

HEALTH = b"GET /iio/v1/health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer iio-dev-mock-enterprise\r\n\r\n"


def chat(text="Count from 1 to 3", *, more=b"", stream=False, **members):
    body = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": text}], "stream": stream, **members}
    raw = json.dumps(body).encode()
    return (
        b"POST /iio/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer iio-dev-mock-enterprise\r\n"
        b"Content-Type: application/json\r\n" + more + b"Content-Length: %d\r\n\r\n" % len(raw) + raw
    )


def connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def read_answers(sock, methods):
    """Returns the (status, headers, body) that h11 reads for each request."""
    reader = h11.Connection(h11.CLIENT)
    answers = []
    for method in methods:
        reader.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        reader.send(h11.EndOfMessage())
        answers.append(read_one(reader, sock))
        if reader.our_state is h11.DONE and reader.their_state is h11.DONE:
            reader.start_next_cycle()
    return answers


def read_one(reader, sock):
    head, body = None, b""
    while True:
        event = reader.next_event()
        if event is h11.NEED_DATA:
            reader.receive_data(sock.recv(65536))
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return head.status_code, dict(head.headers), body


def until(server, condition):
    """Runs the loop of the server until the condition holds."""

    async def turn():
        while not condition():
            await asyncio.sleep(0)

    asyncio.run_coroutine_threadsafe(turn(), server.loop).result()


def ask(server, raw, methods=("POST",)):
    with connected(server) as sock:
        sock.sendall(raw)
        return read_answers(sock, methods)


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(1, 900), max_size=6))
def test_split_requests_get_the_same_answers(server, cuts):
    raw = HEALTH + chat() + chat(stream=True) + HEALTH
    places = sorted({0, *(cut for cut in cuts if cut < len(raw)), len(raw)})
    with connected(server) as sock:
        for first, last in pairwise(places):
            sock.sendall(raw[first:last])
        answers = read_answers(sock, ["GET", "POST", "POST", "GET"])
    assert [status for status, _, _ in answers] == [200] * 4
    assert json.loads(answers[1][2])["choices"][0]["message"]["content"] == "1, 2, 3"
    assert answers[2][2].endswith(b"data: [DONE]\n\n")
    assert json.loads(answers[3][2])["status"] == "ok"


def test_pipelined_requests_wait_for_a_running_stream(server):
    answers = ask(server, chat(stream=True) + HEALTH * 30, ["POST"] + ["GET"] * 30)
    assert answers[0][1][b"transfer-encoding"] == b"chunked"
    assert len(answers) == 31


def test_a_chunked_request_body_is_read(server):
    head, _, body = chat().partition(b"\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if b"Content-Length" not in line)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:10], body[10:]))
    (answer,) = ask(server, head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert answer[0] == 200


def test_a_trailer_is_no_header(server):
    head, _, body = chat().partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith((b"Content-Length", b"Authorization"))]
    chunked = b"\r\n".join(lines) + b"\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(body), body)
    (answer,) = ask(server, chunked + b"Authorization: Bearer iio-dev-mock-enterprise\r\n\r\n")
    assert answer[0] == 401
    with connected(server) as sock:
        sock.sendall(chunked + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n")
        assert read_answers(sock, ["POST"])[0][0] == 431


def test_a_chunked_body_is_refused_once_it_is_too_large(server):
    head = HEALTH[:-2].replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n"
    with connected(server) as sock:
        sock.sendall(head + b"%x\r\n" % (1 << 30))
        with contextlib.suppress(ConnectionError):
            for _ in range(65):
                sock.sendall(b" " * (1 << 20))
        assert read_answers(sock, ["POST"])[0][0] == 413


def test_expect_100_continue_is_answered(server):
    head, _, body = chat(more=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with connected(server) as sock:
        sock.sendall(head + b"\r\n\r\n")
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(body)
        assert read_answers(sock, ["POST"])[0][0] == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(b"NONSENSE\r\n\r\n", 400, id="no-http"),
        pytest.param(b"GET /iio/v1/health HTTP/1.1\r\nbroken\x01 header\r\n\r\n", 400, id="bad-header"),
        pytest.param(b"GET /iio/v1/" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 431, id="long-target"),
        pytest.param(HEALTH[:-2] + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n", 431, id="long-header"),
        pytest.param(
            b"POST /iio/v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413, id="large"
        ),
        pytest.param(HEALTH.replace(b"Host: x\r\n", b""), 400, id="no-host"),
        pytest.param(HEALTH.replace(b"Host: x\r\n", b"Host: x\r\nhost: y\r\n"), 400, id="two-hosts"),
        pytest.param(HEALTH.replace(b" HTTP/1.1", b""), 505, id="no-version"),
        pytest.param(HEALTH.replace(b"HTTP/1.1", b"HTTP/2.0"), 505, id="another-version"),
    ],
)
def test_unreadable_requests_are_refused_and_the_connection_closed(server, raw, status):
    with connected(server) as sock:
        sock.sendall(raw)
        answer = read_answers(sock, ["GET"])[0]
        assert sock.recv(1) == b""
    assert answer[0] == status
    assert answer[1][b"connection"] == b"close"
    assert json.loads(answer[2])["error"]["message"]


def test_head_has_the_headers_of_get_and_no_body(server):
    (get,), (head,) = ask(server, HEALTH, ["GET"]), ask(server, HEALTH.replace(b"GET", b"HEAD"), ["HEAD"])
    assert head[2] == b""
    assert head[1][b"content-length"] == get[1][b"content-length"]


def test_options_lists_the_methods_without_a_key(server):
    (answer,) = ask(server, b"OPTIONS /iio/v1/models HTTP/1.1\r\nHost: x\r\n\r\n", ["OPTIONS"])
    assert answer[0] == 204
    assert answer[1][b"allow"] == b"GET, HEAD, OPTIONS"


def test_a_fault_can_ignore_expect_100_continue(server):
    more = b"Expect: 100-continue\r\nX-Wireproof-Fault: expectation-unheard\r\n"
    with connected(server) as sock:
        sock.sendall(chat(more=more))
        assert sock.recv(12) == b"HTTP/1.1 200"


def test_a_fault_can_depend_on_the_previous_answer_of_the_connection(server):
    spoilt = HEALTH[:-2] + b"X-Wireproof-Fault: refusal-spoils-connection\r\n\r\n"
    unknown = spoilt.replace(b"/health", b"/nowhere")
    with connected(server) as sock:
        sock.sendall(spoilt)
        (first,) = read_answers(sock, ["GET"])
        sock.sendall(unknown)
        (refused,) = read_answers(sock, ["GET"])
        sock.sendall(spoilt)
        (after,) = read_answers(sock, ["GET"])
    assert [first[0], refused[0], after[0]] == [200, 404, 400]


def test_a_connection_is_closed_when_the_client_asks(server):
    with connected(server) as sock:
        sock.sendall(HEALTH[:-2] + b"Connection: close\r\n\r\n" + HEALTH)
        answer = read_answers(sock, ["GET"])[0]
        assert sock.recv(1) == b""
    assert answer[1][b"connection"] == b"close"


def test_http_1_0_gets_an_unchunked_stream_that_ends_with_the_connection(server):
    with connected(server) as sock:
        sock.sendall(chat(stream=True).replace(b"HTTP/1.1", b"HTTP/1.0"))
        raw = b"".join(iter(lambda: sock.recv(65536), b""))
    assert b"Transfer-Encoding" not in raw
    assert raw.endswith(b"data: [DONE]\n\n")


def test_each_event_is_a_chunk(server):
    with connected(server) as sock:
        sock.sendall(chat(stream=True, more=b"Connection: close\r\n"))
        raw = b"".join(iter(lambda: sock.recv(65536), b""))
    chunks = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")[1:-2:2]
    assert all(
        chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") and chunk.count(b"data: ") == 1 for chunk in chunks
    )


def test_a_stream_stops_when_the_client_leaves(providers):
    with serve_in_thread(providers, gap_s=0.001) as server:
        sock = connected(server)
        sock.sendall(chat("Count from 1 to 9000", stream=True))
        assert sock.recv(100)
        sock.close()
        until(server, lambda: not server.live)


ONE_SLOT = b"X-Wireproof-Slots: 1\r\n"


def next_start_s(server, more):
    """The seconds until the next answer to the same account begins."""
    request = HttpRequest("POST", "/iio/v1/chat/completions", "", heads(chat(more=more)), body_of(chat()), time.time())
    return server.core.handle(request).after_s


def next_start_after_leaving_s(server, fault=b""):
    """The seconds until the next answer begins, after a client has left a stream that lasts for minutes."""
    more = ONE_SLOT + (b"X-Wireproof-Fault: " + fault + b"\r\n" if fault else b"")
    with connected(server) as sock:
        sock.sendall(chat("Count from 1 to 900", stream=True, more=more))
        assert sock.recv(100)
    until(server, lambda: server.core.state.slots.clients_left == 1)
    return next_start_s(server, more)


def heads(raw):
    lines = raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))


def body_of(raw):
    return raw.partition(b"\r\n\r\n")[2]


def test_a_client_that_leaves_frees_its_slot_and_is_counted(providers):
    with serve_in_thread(providers, control=True, gap_s=0.1) as server:
        # The time for its own few tokens.
        assert 0 < next_start_after_leaving_s(server) < 2


def test_a_fault_can_keep_the_slot_of_a_client_that_left(providers):
    with serve_in_thread(providers, control=True, gap_s=0.1) as server:
        assert next_start_after_leaving_s(server, b"works-on-after-leaving") > 60


def test_with_one_slot_an_answer_waits_for_the_previous_one(providers):
    with serve_in_thread(providers, control=True, gap_s=0.1) as server, connected(server) as first:
        first.sendall(chat("Count from 1 to 900", stream=True, more=ONE_SLOT))
        assert first.recv(100)
        assert next_start_s(server, ONE_SLOT) > 60
        assert next_start_s(server, b"") == 0


def test_a_stalled_reader_pauses_the_stream(providers):
    with serve_in_thread(providers) as server, connected(server) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        sock.sendall(chat("Count from 1 to 9000", stream=True, n=2, more=b"Connection: close\r\n"))
        assert sock.recv(1)
        until(server, lambda: any(connection.is_held_back for connection in server.live))
        assert b"".join(iter(lambda: sock.recv(65536), b"")).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


def test_a_drain_finishes_the_running_stream(providers):
    async def scenario(server):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(chat("Count from 1 to 30", stream=True))
        first = await reader.readuntil(b"\n\n")
        server.stop()
        rest = await reader.read()
        writer.close()
        return first + rest

    with serve_in_thread(providers, gap_s=0.002) as server:
        raw = asyncio.run(scenario(server))
    assert raw.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
