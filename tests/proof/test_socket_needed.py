"""The decision if a response has to be sent over a socket to be judged."""

from __future__ import annotations

import pytest

from wireproof.mock.faults.broken_framing import HOOKS
from wireproof.mock.protocol.messages import Ops, WireOp
from wireproof.proof.socket_needed import as_complete_answer, equivalence_key, has_unreadable_head

PLAIN: Ops = (WireOp("head", b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), WireOp("body", b'{"object":1}'))
STREAM: Ops = (
    WireOp("head", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    WireOp("chunk", b"data: {}\n\n"),
    WireOp("chunk", b"data: [DONE]\n\n"),
    WireOp("last"),
)
HEAD: Ops = PLAIN[:1]
CLOSE = WireOp("close")


@pytest.mark.parametrize(
    ("method", "ops"),
    [
        pytest.param("GET", PLAIN, id="plain"),
        pytest.param("POST", STREAM, id="stream"),
        pytest.param("HEAD", HEAD, id="head"),
        pytest.param("DELETE", (WireOp("head", b"HTTP/1.1 204 No Content\r\n\r\n"),), id="no-content"),
    ],
)
def test_a_complete_response_needs_no_socket_with_or_without_a_close(method: str, ops: Ops) -> None:
    assert as_complete_answer(method, ops) == ops
    assert as_complete_answer(method, (*ops, CLOSE)) == ops


@pytest.mark.parametrize(
    ("method", "ops"),
    [
        pytest.param("GET", HEAD, id="no-body"),
        pytest.param("HEAD", PLAIN, id="a-body-for-head"),
        pytest.param("GET", (PLAIN[0], WireOp("body", b"{}")), id="too-short"),
        pytest.param("GET", STREAM[:-1], id="no-last-chunk"),
        pytest.param("GET", (*STREAM, WireOp("raw", b"more")), id="more-behind"),
        pytest.param("GET", (*PLAIN, WireOp("reset")), id="reset"),
        pytest.param("GET", (WireOp("hang"),), id="nothing"),
        pytest.param("GET", (CLOSE,), id="closed"),
    ],
)
def test_an_incomplete_response_needs_a_socket(method: str, ops: Ops) -> None:
    assert as_complete_answer(method, ops) is None


@pytest.mark.parametrize(
    "fault", ["stream-buffered", "chunk-inside-event", "stream-gzipped", "content-type-missing", "date-missing"]
)
def test_a_fault_that_leaves_http_valid_needs_no_socket(fault: str) -> None:
    frame = HOOKS[fault].on_wire
    assert frame is not None
    assert as_complete_answer("POST", frame(STREAM)) is not None


@pytest.mark.parametrize(
    ("fault", "unreadable"),
    [
        pytest.param("head-broken-line", True, id="a-line-that-is-no-field"),
        pytest.param("head-space-before-colon", True, id="a-blank-before-the-colon"),
        pytest.param("status-line-broken", True, id="the-status-line"),
        pytest.param("content-length-word", True, id="a-length-that-is-no-number"),
        pytest.param("content-length-twice", True, id="two-lengths"),
        pytest.param("head-cut", True, id="half-a-head"),
        pytest.param("no-answer", True, id="no-head"),
        pytest.param("content-length-short", False, id="a-length-too-short"),
        pytest.param("body-cut", False, id="half-a-body"),
    ],
)
def test_a_head_that_breaks_http_is_unreadable(fault: str, unreadable: bool) -> None:
    frame = HOOKS[fault].on_wire
    assert frame is not None
    assert as_complete_answer("GET", frame(PLAIN)) is None
    assert has_unreadable_head(frame(PLAIN)) is unreadable


def test_heads_that_differ_only_in_field_values_are_equivalent() -> None:
    other = (WireOp("head", b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"), WireOp("body", b"[1,2,3]"))
    assert equivalence_key("GET", PLAIN) == equivalence_key("GET", other)
    assert equivalence_key("GET", PLAIN) != equivalence_key("HEAD", PLAIN)
    assert equivalence_key("GET", PLAIN) != equivalence_key("GET", STREAM)
    assert equivalence_key("GET", (CLOSE,)) != equivalence_key("GET", (WireOp("reset"),))
