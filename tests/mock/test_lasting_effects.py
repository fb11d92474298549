"""Effects that outlast a request: state of an account, codings, work for a client that has left."""

from __future__ import annotations

import zlib

import httpx
import pytest

from wireproof.contract import loading
from wireproof.mock.accounts.slots import asks_for_stream
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.server import serve_in_thread

CHAT = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "Say exactly: ok"}]}
LARGE = b"{" + b" " * 11_000_000


def faulty(fault):
    return {"X-Wireproof-Fault": fault}


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        pytest.param("abuse-shuts-out-next", [200, 400, 403, 200], id="the-next-alone"),
        pytest.param("date-missing", [200, 400, 200, 200], id="another-fault"),
    ],
)
def test_a_fault_can_refuse_the_request_after_a_broken_one(client, fault, statuses):
    opened, broken = client("iio"), {"content": b'{"model":', "headers": {"Content-Type": "application/json"}}
    requests = [{"json": CHAT}, broken, {"json": CHAT}, {"json": CHAT}]
    answers = [
        opened.post("/chat/completions", **{**request, "headers": {**request.get("headers", {}), **faulty(fault)}})
        for request in requests
    ]
    assert [answer.status_code for answer in answers] == statuses


def test_a_broken_request_affects_its_own_account_only(client):
    one, other = client("iio"), client("iio")
    one.post("/chat/completions", content=b"{", headers=faulty("abuse-shuts-out-next"))
    assert other.post("/chat/completions", json=CHAT, headers=faulty("abuse-shuts-out-next")).status_code == 200


def test_nothing_is_served_after_a_body_that_is_too_large(client):
    opened, fault = client("iio"), faulty("abuse-ends-service")
    assert opened.post("/chat/completions", content=LARGE, headers=fault).status_code == 413
    assert [opened.get("/models", headers=fault).status_code for _ in range(2)] == [502, 502]
    assert client("iio").get("/models", headers=fault).status_code == 200


def test_an_idle_connection_is_dropped_and_a_new_one_served(client):
    opened, later = client("iio"), {**faulty("idle-connection-dropped"), "X-Wireproof-Clock": "6"}
    assert opened.get("/models", headers=faulty("idle-connection-dropped")).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        opened.get("/models", headers=later)
    assert opened.get("/models", headers=later).status_code == 200


@pytest.mark.parametrize(
    ("asked", "coding"),
    [
        pytest.param("gzip, deflate", "gzip", id="the-first-of-ours"),
        pytest.param("deflate", "deflate", id="deflate"),
        pytest.param("gzip;q=0, deflate;q=0.5", "deflate", id="a-weight"),
        pytest.param("gzip;q=0", None, id="no-weight"),
        pytest.param("br, zstd", None, id="none-of-ours"),
    ],
)
def test_accept_encoding_chooses_the_coding(client, asked, coding):
    answer = client("iio").get("/models", headers={"Accept-Encoding": asked})
    assert answer.headers.get("content-encoding") == coding
    assert answer.json()["object"] == "list"


def test_deflate_has_the_zlib_format(client):
    with client("iio").stream("GET", "/models", headers={"Accept-Encoding": "deflate"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert zlib.decompress(raw).startswith(b'{"object":"list"')


@pytest.mark.parametrize(
    ("body", "streamed"),
    [(b'{"stream": true}', True), (b'{"stream":false}', False), (b"{}", False), (b"[1]", False), (b"{", False)],
)
def test_asks_for_stream_reads_the_body(body, streamed):
    assert asks_for_stream(HttpRequest("POST", "/", "", (), body, 0.0)) is streamed


@pytest.mark.parametrize(
    ("fault", "slots"),
    [pytest.param("date-missing", 0, id="stops"), pytest.param("works-on-after-leaving-plain", 1, id="works-on")],
)
def test_a_client_that_leaves_a_plain_answer_frees_its_slot(fault, slots):
    providers = loading.read_providers_data()
    with serve_in_thread(providers, control=True, gap_s=10.0) as server:
        headers = {"Authorization": f"Bearer {server.key('iio')}", "X-Wireproof-Slots": "1", **faulty(fault)}
        timeout = httpx.Timeout(5.0, read=0.01)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.base_url("iio") + "/chat/completions", json=CHAT, headers=headers, timeout=timeout)
        while server.live:
            pass
        request = HttpRequest(
            "POST", "/", "", (("authorization", headers["Authorization"]), ("x-wireproof-fault", fault)), b"", 0.0
        )
        assert len(server.core.state.slots.end_times(request)) == slots
