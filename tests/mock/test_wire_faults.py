"""Faults of the wire, as httpx sees them."""

from __future__ import annotations

import httpx
import pytest

STREAM = {
    "model": "qwen2.5:7b",
    "messages": [{"role": "user", "content": "Say exactly: héllo ✓ there"}],
    "stream": True,
}


def streamed(client, fault):
    with client("iio").stream(
        "POST", "/chat/completions", json=STREAM, headers={"X-Wireproof-Fault": fault}
    ) as response:
        return list(response.iter_raw())


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("body-cut", id="cut"),
        pytest.param("stream-last-chunk-missing", id="no-last-chunk"),
        pytest.param("stream-reset", id="reset"),
        pytest.param("chunk-size-broken", id="chunk-size"),
        pytest.param("closed-without-answer", id="closed"),
        pytest.param("reset-without-answer", id="reset-at-once"),
        pytest.param("head-cut", id="head-cut"),
        pytest.param("status-line-broken", id="status-line"),
    ],
)
def test_a_broken_stream_raises_a_transport_error(client, fault):
    with pytest.raises(httpx.TransportError):
        streamed(client, fault)


@pytest.mark.parametrize("fault", ["content-length-long", "content-length-word", "body-cut", "head-broken-line"])
def test_a_broken_body_raises_a_transport_error(client, fault):
    with pytest.raises(httpx.TransportError):
        client("iio").get("/models", headers={"X-Wireproof-Fault": fault})


@pytest.mark.parametrize("fault", ["done-then-open", "done-missing-and-open", "stream-stalls"])
def test_an_open_stream_times_out(client, fault):
    opened = client("iio")
    opened.timeout = httpx.Timeout(5, read=0.2)
    with pytest.raises(httpx.ReadTimeout):
        opened.post("/chat/completions", json=STREAM, headers={"X-Wireproof-Fault": fault})


def test_a_buffered_stream_has_all_events(client):
    assert b"".join(streamed(client, "stream-buffered")).count(b"data: ") > 5


def test_a_reset_is_seen_after_the_first_events(client):
    seen = []
    opened = client("iio")
    with (
        pytest.raises(httpx.ReadError),
        opened.stream(
            "POST", "/chat/completions", json=STREAM, headers={"X-Wireproof-Fault": "stream-reset"}
        ) as response,
    ):
        seen.extend(response.iter_raw())
    assert response.status_code == 200
