"""Folding of responses into figures; the fast path gives the events of the decoder."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.formats import sse
from wireproof.load.engine.response_fold import BodyFold, StreamFold
from wireproof.load.engine.sse_frames import EventSplitter
from wireproof.load.request_record import Outcome, TokenCount

LINES = (b"data: ", b"data:", b"event: x\n", b"id: 7\n", b"retry: 1\n", b": ping", b":", b"\xef\xbb\xbf")
PIECES = st.sampled_from([*LINES, b"{}", b"\n", b"\n\n", b"\r\n", b"\r", b"[DONE]", "é".encode(), b"a", b"\xff"])


@given(st.lists(st.lists(PIECES, max_size=8), max_size=8))
def test_the_fast_path_gives_the_events_of_the_decoder(reads: list[list[bytes]]) -> None:
    fast, slow = EventSplitter(), sse.Decoder()
    found: list[bytes] = []
    for read in reads:
        data = b"".join(read)
        found += fast.feed(data)
        slow.feed(data)
        assert [payload.decode(errors="replace") for payload in found] == [event.data for event in slow.events]
    slow.close()
    offences = {offence.rule for offence in fast.close()}
    assert offences <= {offence.rule for offence in slow.offences}
    assert ("unterminated-event" in offences) == ("unterminated-event" in {one.rule for one in slow.offences})


@given(st.binary(max_size=200), st.integers(1, 9))
def test_any_bytes_in_any_pieces_raise_nothing(body: bytes, size: int) -> None:
    tally = StreamFold("chat")
    for start in range(0, len(body), size):
        tally.feed(body[start : start + size], start)
    tally.outcome_and_detail()


def chunk(finish: str | None = None, **delta: Any) -> Any:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def told(*values: Any, done: bool = True) -> StreamFold:
    """Folds a stream of one event per read, at 0, 10, 20 … ns."""
    tally = StreamFold("chat")
    for place, value in enumerate(values):
        data = value if isinstance(value, bytes) else f"data: {json.dumps(value)}\n\n".encode()
        tally.feed(data, place * 10)
    if done:
        tally.feed(b"data: [DONE]\n\n", len(values) * 10)
    return tally


USAGE = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 8, "total_tokens": 11}}
END = chunk(finish="stop")


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(chunk(role="assistant", content=""), id="role"),
        pytest.param(chunk(role="assistant", content=None), id="role-with-null"),
        pytest.param(chunk(content=""), id="empty-delta"),
        pytest.param(chunk(), id="no-delta"),
        pytest.param(b": ping\n\n", id="comment"),
        pytest.param(b":\n\n", id="bare-colon"),
        pytest.param(USAGE, id="usage"),
    ],
)
def test_the_clock_of_the_first_token_does_not_stop_at(nothing: Any) -> None:
    tally = told(nothing, chunk(content="a"), END)
    assert tally.stamps == [10]
    assert tally.outcome_and_detail()[0] is Outcome.OK


@pytest.mark.parametrize(
    ("delta", "is_visible"),
    [
        pytest.param({"content": "a"}, True, id="content"),
        pytest.param({"reasoning_content": "a"}, False, id="reasoning-content"),
        pytest.param({"reasoning": "a"}, False, id="reasoning"),
        pytest.param({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}, True, id="tool"),
        pytest.param({"refusal": "no"}, True, id="refusal"),
    ],
)
def test_a_first_token_is(delta: dict[str, Any], is_visible: bool) -> None:
    tally = told(chunk(role="assistant"), chunk(**delta), END)
    assert tally.stamps == [10]
    assert (tally.visible_ns == 10) == is_visible


def test_an_answer_of_thought_alone_has_a_first_token() -> None:
    tally = told(chunk(reasoning_content="a"), chunk(reasoning_content="b"), chunk(finish="length"))
    assert (tally.stamps, tally.visible_ns) == ([0, 10], None)


def test_every_gap_is_kept() -> None:
    tally = told(chunk(content="a"), b": ping\n\n", chunk(content="b"), chunk(content=""), chunk(content="c"), END)
    assert tally.gaps_ns == (20, 20)


def test_tokens_are_those_of_usage_however_many_a_chunk_carries() -> None:
    tally = told(chunk(content="a b c d"), chunk(content="e f g h"), END, USAGE)
    assert tally.tokens == TokenCount(3, 8, "usage")


def test_tokens_without_usage_are_a_guess_and_say_so() -> None:
    assert told(chunk(content="a"), chunk(content=""), chunk(content="b"), END).tokens == TokenCount(0, 2, "chunks")


@pytest.mark.parametrize(
    ("values", "done", "outcome"),
    [
        pytest.param([chunk(content="a"), END], True, Outcome.OK, id="whole"),
        pytest.param([chunk(content="a")], False, Outcome.CUT, id="neither-finish-nor-done"),
        pytest.param([chunk(content="a"), END], False, Outcome.OK, id="no-done"),
        pytest.param([chunk(content="a")], True, Outcome.OK, id="no-finish"),
        pytest.param([chunk(content="a"), {"error": {"message": "x"}}], True, Outcome.FAILED, id="error"),
        pytest.param([b"data: nothing\n\n", END], True, Outcome.STRANGE, id="text"),
        pytest.param([{"choices": []}, END], True, Outcome.STRANGE, id="no-choice"),
        pytest.param([END, b"data: {", ], False, Outcome.STRANGE, id="unterminated"),
        pytest.param([b"data:" + json.dumps(END).encode() + b"\n\n"], True, Outcome.OK, id="no-space"),
    ],
)  # fmt: skip
def test_what_a_stream_comes_to(values: list[Any], done: bool, outcome: Outcome) -> None:
    assert told(*values, done=done).outcome_and_detail()[0] is outcome


def test_a_streamed_response_needs_no_done_but_its_end() -> None:
    def tally(*events: dict[str, Any]) -> StreamFold:
        made = StreamFold("responses")
        for place, event in enumerate(events):
            made.feed(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode(), place)
        return made

    delta = {"type": "response.output_text.delta", "delta": "a"}
    end = {"type": "response.completed", "response": {"usage": {"input_tokens": 1, "output_tokens": 2}}}
    whole = tally({"type": "response.created"}, delta, end)
    assert (whole.outcome_and_detail()[0], whole.stamps, whole.tokens) == (Outcome.OK, [1], TokenCount(1, 2, "usage"))
    assert tally(delta).outcome_and_detail()[0] is Outcome.CUT
    assert tally(delta, {"type": "response.failed"}).outcome_and_detail()[0] is Outcome.FAILED


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        pytest.param(b'{"usage": {"prompt_tokens": 1, "completion_tokens": 2}}', Outcome.OK, id="object"),
        pytest.param(b"[]", Outcome.OK, id="list"),
        pytest.param(b'{"error": {"message": "x"}}', Outcome.STRANGE, id="error-under-success"),
        pytest.param(b"<html>", Outcome.STRANGE, id="no-json"),
        pytest.param(b"7", Outcome.STRANGE, id="number"),
    ],
)
def test_what_a_plain_answer_comes_to(body: bytes, outcome: Outcome) -> None:
    tally = BodyFold()
    for byte in body:
        tally.feed(bytes([byte]), 0)
    assert tally.outcome_and_detail()[0] is outcome
