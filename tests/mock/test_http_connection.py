"""The bytes of the front: framing, order, limits and endings, with h11 as the second reader."""

from __future__ import annotations

import asyncio
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


def read_answers(plug, methods):
    """What h11 reads from a socket: one (status, headers, body) for each request."""
    reader = h11.Connection(h11.CLIENT)
    answers = []
    for method in methods:
        reader.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
        reader.send(h11.EndOfMessage())
        answers.append(read_one(reader, plug))
        if reader.our_state is h11.DONE and reader.their_state is h11.DONE:
            reader.start_next_cycle()
    return answers


def read_one(reader, plug):
    head, body = None, b""
    while True:
        event = reader.next_event()
        if event is h11.NEED_DATA:
            reader.receive_data(plug.recv(65536))
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return head.status_code, dict(head.headers), body


def until(server, condition):
    """Turn the server's loop until the condition holds."""

    async def turn():
        while not condition():
            await asyncio.sleep(0)

    asyncio.run_coroutine_threadsafe(turn(), server.loop).result()


def ask(server, raw, methods=("POST",)):
    with connected(server) as plug:
        plug.sendall(raw)
        return read_answers(plug, methods)


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(1, 900), max_size=6))
def test_any_splitting_of_the_requests_gives_the_same_answers(server, cuts):
    raw = HEALTH + chat() + chat(stream=True) + HEALTH
    places = sorted({0, *(cut for cut in cuts if cut < len(raw)), len(raw)})
    with connected(server) as plug:
        for first, last in pairwise(places):
            plug.sendall(raw[first:last])
        answers = read_answers(plug, ["GET", "POST", "POST", "GET"])
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


def test_a_client_that_expects_100_is_told_to_go_on(server):
    head, _, body = chat(more=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with connected(server) as plug:
        plug.sendall(head + b"\r\n\r\n")
        assert plug.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        plug.sendall(body)
        assert read_answers(plug, ["POST"])[0][0] == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(b"NONSENSE\r\n\r\n", 400, id="no-http"),
        pytest.param(b"GET /iio/v1/health HTTP/1.1\r\nbroken\x01 header\r\n\r\n", 400, id="bad-header"),
        pytest.param(b"GET /iio/v1/" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 431, id="long-target"),
        pytest.param(HEALTH[:-2] + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n", 431, id="long-header"),
        pytest.param(b"POST /iio/v1/embeddings HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413, id="large"),
    ],
)
def test_what_cannot_be_read_is_refused_and_closed(server, raw, status):
    with connected(server) as plug:
        plug.sendall(raw)
        answer = read_answers(plug, ["GET"])[0]
        assert plug.recv(1) == b""
    assert answer[0] == status
    assert answer[1][b"connection"] == b"close"
    assert json.loads(answer[2])["error"]["message"]


def test_head_has_the_headers_of_get_and_no_body(server):
    (get,), (head,) = ask(server, HEALTH, ["GET"]), ask(server, HEALTH.replace(b"GET", b"HEAD"), ["HEAD"])
    assert head[2] == b""
    assert head[1][b"content-length"] == get[1][b"content-length"]


def test_options_tells_the_methods_without_a_key(server):
    (answer,) = ask(server, b"OPTIONS /iio/v1/models HTTP/1.1\r\nHost: x\r\n\r\n", ["OPTIONS"])
    assert answer[0] == 204
    assert answer[1][b"allow"] == b"GET, HEAD, OPTIONS"


def test_a_fault_can_leave_a_waiting_client_untold(server):
    more = b"Expect: 100-continue\r\nX-Wireproof-Fault: expectation-unheard\r\n"
    with connected(server) as plug:
        plug.sendall(chat(more=more))
        assert plug.recv(12) == b"HTTP/1.1 200"


def test_a_fault_knows_what_came_before_on_the_connection(server):
    spoilt = HEALTH[:-2] + b"X-Wireproof-Fault: refusal-spoils-connection\r\n\r\n"
    unknown = spoilt.replace(b"/health", b"/nowhere")
    with connected(server) as plug:
        plug.sendall(spoilt)
        (first,) = read_answers(plug, ["GET"])
        plug.sendall(unknown)
        (refused,) = read_answers(plug, ["GET"])
        plug.sendall(spoilt)
        (after,) = read_answers(plug, ["GET"])
    assert [first[0], refused[0], after[0]] == [200, 404, 400]


def test_a_connection_is_closed_when_the_client_asks(server):
    with connected(server) as plug:
        plug.sendall(HEALTH[:-2] + b"Connection: close\r\n\r\n" + HEALTH)
        answer = read_answers(plug, ["GET"])[0]
        assert plug.recv(1) == b""
    assert answer[1][b"connection"] == b"close"


def test_http_1_0_gets_a_stream_without_chunks_and_an_end(server):
    with connected(server) as plug:
        plug.sendall(chat(stream=True).replace(b"HTTP/1.1", b"HTTP/1.0"))
        raw = b"".join(iter(lambda: plug.recv(65536), b""))
    assert b"Transfer-Encoding" not in raw
    assert raw.endswith(b"data: [DONE]\n\n")


def test_each_event_is_written_on_its_own(server):
    """Every event stands in a chunk of its own."""
    with connected(server) as plug:
        plug.sendall(chat(stream=True, more=b"Connection: close\r\n"))
        raw = b"".join(iter(lambda: plug.recv(65536), b""))
    chunks = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")[1:-2:2]
    assert all(
        chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") and chunk.count(b"data: ") == 1 for chunk in chunks
    )


def test_a_stream_stops_when_the_client_leaves(providers):
    with serve_in_thread(providers, gap_s=0.001) as server:
        plug = connected(server)
        plug.sendall(chat("Count from 1 to 9000", stream=True))
        assert plug.recv(100)
        plug.close()
        until(server, lambda: not server.live)


ONE_SLOT = b"X-Wireproof-Slots: 1\r\n"


def next_asked(server, more):
    """How much later than now the next answer to the same account is to begin."""
    received = HttpRequest("POST", "/iio/v1/chat/completions", "", heads(chat(more=more)), body_of(chat()), time.time())
    return server.core.handle(received).after_s


def left_and_asked(server, fault=b""):
    """A client leaves a stream that lasts for minutes; how much later its next answer is to begin."""
    more = ONE_SLOT + (b"X-Wireproof-Fault: " + fault + b"\r\n" if fault else b"")
    with connected(server) as plug:
        plug.sendall(chat("Count from 1 to 900", stream=True, more=more))
        assert plug.recv(100)
    until(server, lambda: server.core.state.slots.clients_left == 1)
    return next_asked(server, more)


def heads(raw):
    lines = raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))


def body_of(raw):
    return raw.partition(b"\r\n\r\n")[2]


def test_a_client_that_leaves_frees_its_slot_and_is_counted(providers):
    with serve_in_thread(providers, control=True, gap_s=0.1) as server:
        # What it takes to make its own few tokens.
        assert 0 < left_and_asked(server) < 2


def test_a_server_that_works_on_for_a_client_that_left_keeps_the_next_one_waiting(providers):
    with serve_in_thread(providers, control=True, gap_s=0.1) as server:
        assert left_and_asked(server, b"works-on-after-leaving") > 60


def test_with_one_slot_an_answer_waits_for_the_one_before(providers):
    with serve_in_thread(providers, control=True, gap_s=0.1) as server, connected(server) as first:
        first.sendall(chat("Count from 1 to 900", stream=True, more=ONE_SLOT))
        assert first.recv(100)
        assert next_asked(server, ONE_SLOT) > 60
        assert next_asked(server, b"") == 0


def test_a_reader_that_stalls_holds_the_stream_back(providers):
    with serve_in_thread(providers) as server, connected(server) as plug:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        plug.sendall(chat("Count from 1 to 9000", stream=True, n=2, more=b"Connection: close\r\n"))
        assert plug.recv(1)
        until(server, lambda: any(connection.is_held_back for connection in server.live))
        assert b"".join(iter(lambda: plug.recv(65536), b"")).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")


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
