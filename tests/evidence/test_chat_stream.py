"""Chat streams: chunks assembled as a client sees them."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.evidence.chat_stream import Stream, assemble_stream
from wireproof.evidence.exchange import BodyRead, Exchange, Request, find_usage
from wireproof.formats.strict_json import NotJson


def stream(*values: Any, done: bool = True) -> Stream:
    """A stream of these JSON values; a string is sent as raw text."""
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    body = "".join(f"data: {text}\n\n" for text in [*texts, *(["[DONE]"] if done else [])])
    return assemble_stream([(0, body.encode())])


def delta(index: Any = 0, finish: Any = None, **members: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": members, "finish_reason": finish}]}


def test_the_deltas_of_a_choice_are_joined() -> None:
    found = stream(delta(role="assistant", content=""), delta(content="o"), delta(content="k"), delta(finish="stop"))
    (choice,) = found.choices
    assert (choice.content, choice.roles, choice.finish_reasons) == ("ok", ("assistant",), ("stop",))


def test_choices_with_alternating_chunks_stay_separate() -> None:
    found = stream(delta(1, content="b"), delta(0, content="a"), delta(1, "length", content="B"), delta(0, "stop"))
    assert [(choice.index, choice.content) for choice in found.choices] == [(1, "bB"), (0, "a")]
    zero, one = found.choice(0), found.choice(1)
    assert zero is not None
    assert one is not None
    assert (zero.finish_reasons, one.finish_reasons) == (("stop",), ("length",))
    assert found.choice(2) is None


def test_two_choices_in_one_chunk_are_two_choices() -> None:
    found = stream({"choices": [*delta(0, content="a")["choices"], *delta(1, content="b")["choices"]]})
    assert [choice.content for choice in found.choices] == ["a", "b"]


def test_the_fragments_of_tool_calls_join_by_index() -> None:
    def call(index: int, **members: Any) -> dict[str, Any]:
        return delta(tool_calls=[{"index": index, **members}])

    found = stream(
        call(0, id="call_a", type="function", function={"name": "add", "arguments": ""}),
        call(1, id="call_b", type="function", function={"name": "sub", "arguments": '{"x"'}),
        call(0, function={"arguments": '{"a": 1}'}),
        call(1, function={"arguments": ": 2}"}),
    )
    calls = found.choices[0].tool_calls
    assert [(c.index, c.id, c.name, c.arguments) for c in calls] == [
        (0, "call_a", "add", '{"a": 1}'),
        (1, "call_b", "sub", '{"x": 2}'),
    ]


def test_a_call_of_very_many_fragments_is_joined_once() -> None:
    fragment = json.dumps(delta(tool_calls=[{"index": 0, "function": {"arguments": "a" * 40}}]))
    (call,) = assemble_stream([(0, f"data: {fragment}\n\n".encode() * 50_000)]).choices[0].tool_calls
    assert call.arguments == "a" * 2_000_000


def test_usage_is_taken_from_the_last_chunk_that_has_it() -> None:
    found = stream({**delta(content="a"), "usage": None}, {"choices": [], "usage": {"total_tokens": 3}})
    assert found.usage == {"total_tokens": 3}
    assert stream(delta(content="a")).usage is None


def test_a_null_role_is_ignored() -> None:
    assert stream(delta(role=None, content="a")).choices[0].roles == ()


def test_every_finish_reason_is_kept() -> None:
    assert stream(delta(finish="stop"), delta(finish="length")).choices[0].finish_reasons == ("stop", "length")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a":', id="cut"),
        pytest.param("hello", id="prose"),
        pytest.param("", id="nothing"),
        pytest.param('{"a": NaN}', id="not-a-number"),
        pytest.param("[" * 100_000, id="too-deep"),
    ],
)
def test_an_event_that_is_not_json_has_a_problem_and_others_are_kept(text: str) -> None:
    found = stream(delta(content="a"), text, delta(content="b"))
    assert [chunk.problem is None for chunk in found.chunks] == [True, False, True]
    assert found.chunks[1].value is None
    assert found.choices[0].content == "ab"


def test_events_after_done_are_kept_apart() -> None:
    found = stream(delta(content="a"), "[DONE]", delta(content="b"), done=False)
    assert found.done is not None
    assert found.done.index == 1
    assert [event.index for event in found.after_done] == [2]
    assert found.choices[0].content == "a"


def test_a_stream_without_done_has_none() -> None:
    found = stream(delta(content="a"), done=False)
    assert (found.done, found.after_done, len(found.chunks)) == (None, (), 1)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="an-array"),
        pytest.param({"choices": None}, id="choices-of-null"),
        pytest.param({"choices": {}}, id="choices-of-another-type"),
        pytest.param({"choices": [None, 7]}, id="a-choice-of-another-type"),
        pytest.param({"choices": [{"index": 0, "delta": None}]}, id="a-delta-of-null"),
        pytest.param({"choices": [{"index": [0], "delta": {}}]}, id="an-index-of-another-type"),
        pytest.param({"choices": [{"delta": {"tool_calls": {}}}]}, id="tool-calls-of-another-type"),
        pytest.param({"choices": [{"delta": {"tool_calls": [None]}}]}, id="a-tool-call-of-null"),
        pytest.param({"choices": [{"delta": {"tool_calls": [{"index": {}, "function": 1}]}}]}, id="a-function-of-7"),
        pytest.param({"choices": [{"delta": {"content": 7}}]}, id="content-of-another-type"),
        pytest.param({"usage": 7}, id="usage-of-another-type"),
    ],
)
def test_a_chunk_of_the_wrong_shape_is_kept_without_an_error(value: Any) -> None:
    found = stream(value)
    assert [chunk.value for chunk in found.chunks] == [value]
    assert all(choice.content == "" for choice in found.choices)


def test_events_keep_their_offences_and_comments() -> None:
    found = assemble_stream([(0, b": ping\n\ndata:{}\n\n")])
    assert [comment.text for comment in found.comments] == ["ping"]
    assert [offence.rule for offence in found.offences] == ["no-space-after-colon"]
    assert found.line_ends == {b"\n"}


@pytest.mark.parametrize("coding", [pytest.param(b"gzip", id="gzip"), pytest.param(b"identity", id="identity")])
def test_the_events_of_a_coded_stream_keep_their_times(coding: bytes) -> None:
    packer = zlib.compressobj(wbits=31)
    texts = (b"data: a\n\n", b"data: b\n\n")
    packed = [packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH) for text in texts]
    told = tuple(BodyRead(at, data) for at, data in enumerate(packed if coding == b"gzip" else texts))
    headers = ((b"Content-Encoding", coding),)
    seen = Exchange("x", "case", "chat", 0, Request("POST", "/"), status=200, headers=headers, reads=told)
    assert [(event.data, event.at_ns) for event in seen.stream.events] == [("a", 0), ("b", 1)]


# --- any bytes at all


NAMES = [
    "choices", "delta", "index", "content", "refusal", "role", "tool_calls", "function", "name", "arguments", "id",
    "finish_reason", "usage", "error",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.floats(allow_nan=False) | st.sampled_from(["", "a", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
CHUNKS = st.builds(
    lambda choice, call, more: {
        "choices": [{**choice, "delta": {**choice, "tool_calls": [call, {"function": call}]}}],
        **more,
    },
    *[st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4)] * 3,
)
DATA = st.sampled_from([b"[DONE]", b"{", b"NaN", b"", b"\xff", b"9" * 5000]) | (CHUNKS | JSON).map(
    lambda value: json.dumps(value).encode()
)
BODIES = st.lists(DATA.map(lambda data: b"data: " + data + b"\n\n") | st.binary(max_size=6), max_size=5).map(b"".join)
TYPES = st.sampled_from([b"text/event-stream", b"Text/Event-Stream;x", b"application/json", b"", b"\xff;"])
CODINGS = st.sampled_from([None, b"identity", b"gzip", b"deflate", b"br", b"\xff"])


def reads(body: bytes, sizes: list[int]) -> tuple[BodyRead, ...]:
    places = [0, *(at for at in accumulate(sizes) if at < len(body)), len(body)]
    return tuple(BodyRead(0, body[start:end]) for start, end in pairwise(places))


@given(BODIES, st.lists(st.integers(0, 40), max_size=12))
def test_any_bytes_are_assembled_alike_under_any_split(body: bytes, sizes: list[int]) -> None:
    assert assemble_stream((read.at_ns, read.data) for read in reads(body, sizes)) == assemble_stream([(0, body)])


@given(st.binary(max_size=40) | BODIES | BODIES.map(gzip.compress), CODINGS, TYPES)
def test_no_body_makes_an_exchange_raise_anything_but_not_json(
    body: bytes, coding: bytes | None, media_type: bytes
) -> None:
    headers = ((b"Content-Type", media_type), *([(b"Content-Encoding", coding)] if coding else []))
    seen = Exchange("x", "case", "chat", 0, Request("POST", "/"), status=200, headers=headers, reads=reads(body, [3]))
    assert len(seen.stream.chunks) <= len(seen.stream.events)
    assert isinstance(seen.text, str)
    assert isinstance(seen.content_type, str)
    assert isinstance(find_usage(seen), dict)
    assert seen.header("content-encoding") == (coding.decode("latin-1") if coding else None)
    with suppress(NotJson):
        assert seen.json == seen.json
