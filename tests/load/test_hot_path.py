"""The fast paths of the response reader give the results of the HTTP parser and of the JSON decoder."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from geventhttpclient.response import HTTPParseError
from hypothesis import example, given
from hypothesis import strategies as st

from wireproof.load.engine import response_fold
from wireproof.load.engine.chunk_template import template_from_chunk
from wireproof.load.engine.chunked_body import ChunkSplitter, parse_chunk_size
from wireproof.load.engine.response_fold import StreamFold
from wireproof.load.engine.response_parser import ResponseParser
from wireproof.load.engine.response_reader import is_whole_head

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BODIES = st.binary(min_size=1, max_size=12) | st.sampled_from([b"\r\n", b"0\r\n\r\n", b"a\r\n"])
SIZES = st.sampled_from(["%x", "%X", "0%x", "%x;a=b", "%x "])
CHUNK = st.tuples(BODIES, SIZES).map(lambda made: (made[1] % len(made[0])).encode() + b"\r\n" + made[0] + b"\r\n")
ROTTEN = st.sampled_from([b"\r\n", b"zz\r\nabc\r\n", b"0x2\r\nab\r\n", b"1_0\r\n", b"+1\r\na\r\n", b"1\r\nab\r\n"])


def parsed(data: bytes) -> tuple[bytes | None, bool]:
    """The body that the parser finds after the head, None for invalid HTTP, and True if it is complete."""
    reply = ResponseParser()
    try:
        reply.feed(HEAD + data)
    except HTTPParseError:
        return None, False
    return bytes(reply.body), reply.message_complete


def cut_out(reads: list[bytes]) -> tuple[bytes | None, bool]:
    """The same by splitting chunks, with the parser for the rest."""
    reply, chunks, body = ResponseParser(), ChunkSplitter(), b""
    reply.feed(HEAD)
    try:
        for read in reads:
            if chunks.rest is None:
                body += b"".join(chunks.feed(read))
                read = chunks.rest or b""
            reply.feed(read) if read else None
    except (HTTPParseError, ValueError):
        return None, False
    return body + bytes(reply.body), reply.message_complete


@given(
    st.lists(CHUNK, max_size=6),
    st.sampled_from([b"", b"0\r\n\r\n", b"0\r\nA: b\r\n\r\n"]) | ROTTEN,
    st.lists(st.integers(0, 90)),
)
@example([b"2\r\nab\r\n"], b"0\r\n\r\n", [5, 6, 7])
@example([b"2\r\nab\r\n", b"1\r\nc\r\n"], b"", [2, 4])
def test_split_chunks_are_those_of_the_parser(whole: list[bytes], end: bytes, cuts: list[int]) -> None:
    data = b"".join(whole) + end
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    reads = [data[start:stop] for start, stop in pairwise(places)]
    assert cut_out(reads) == parsed(data)


@pytest.mark.parametrize("line", [b"", b"0x1", b"1_0", b" 1", b"+1", b"1;a", b"123456789", b"g"])
def test_only_a_plain_chunk_size_is_parsed(line: bytes) -> None:
    assert parse_chunk_size(line) == 0


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\nA: b\n\n1\r\na\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\nA: b\n\r\n1\r\na\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nA: b", False),
        (b"", False),
    ],
)
def test_a_head_is_complete_only_if_every_parser_agrees(data: bytes, is_whole: bool) -> None:
    assert is_whole_head(data) is is_whole


TEXTS = st.text(max_size=6) | st.sampled_from(['"', "\\", "\n", "\u2028", "é", '","x":"', "wireproof", "\x7f"])


def chunk(text: Any, *more: Any) -> dict[str, Any]:
    value: dict[str, Any] = {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return value | dict(zip(("obfuscation", "note"), more, strict=False))


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Streams of chunks that are alike, nearly alike, and different."""
    events = []
    number = draw(st.integers(0, 2))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    for _ in range(draw(st.integers(1, 8))):
        value = chunk(draw(TEXTS | st.none()), *(draw(TEXTS | st.integers()) for _ in range(number)))
        if draw(st.integers(0, 5)) == 0:
            value["choices"][0]["finish_reason"] = "stop"
        if draw(st.integers(0, 5)) == 0:
            value["usage"] = {"prompt_tokens": 1, "completion_tokens": 2}
        text = json.dumps(value, separators=separators, ensure_ascii=draw(st.booleans()))
        events.append(b"data: " + text.encode("utf-8", "surrogatepass") + draw(st.sampled_from([b"\n\n", b"\r\n\r\n"])))
    return b"".join(events)


def fold(body: bytes, size: int) -> tuple[Any, ...]:
    stream = StreamFold("chat")
    for start in range(0, len(body), size):
        stream.feed(body[start : start + size], start)
    return stream.stamps, stream.visible_ns, stream.flags, stream.usage, stream.outcome_and_detail()


@given(streams(), st.sampled_from([1, 7, 60, 120, 100_000]))
def test_a_chunk_like_the_last_gives_the_result_of_decoding_it(body: bytes, size: int) -> None:
    fast = fold(body, size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(response_fold, "template_from_chunk", lambda payload, value: None)
        assert fold(body, size) == fast


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"choices":[{"delta":{"content":"a","content":"b"}}]}', id="said-twice"),
        pytest.param(b'{"x":"\\"content\\":","choices":[{"delta":{"content":"a\\u0062"}}]}', id="escaped"),
        pytest.param(b'{"note":{"content":"a"},"choices":[{"delta":{"content":"a"}}]}', id="elsewhere-first"),
        pytest.param(b'{"choices":[{"delta":{"content":""}}]}', id="empty"),
    ],
)
def test_an_ambiguous_place_has_no_template(payload: bytes) -> None:
    assert template_from_chunk(payload, json.loads(payload)) is None


@pytest.mark.parametrize(
    ("payload", "is_alike"),
    [
        pytest.param(b'{"choices":[{"delta":{"content":" b"}}],"obfuscation":"yy"}', True, id="texts-alone"),
        pytest.param('{"choices":[{"delta":{"content":"é 語"}}],"obfuscation":"y"}'.encode(), True, id="not-ascii"),
        pytest.param(b'{"choices":[{"delta":{"content":""}}],"obfuscation":"y"}', False, id="empty"),
        pytest.param(b'{"choices":[{"delta":{"content":"\\n"}}],"obfuscation":"y"}', False, id="escape"),
        pytest.param(b'{"choices":[{"delta":{"content":"\xff"}}],"obfuscation":"y"}', False, id="not-utf-8"),
        pytest.param(b'{"choices":[{"delta":{"content":"\n"}}],"obfuscation":"y"}', False, id="control-character"),
        pytest.param(b'{"choices":[{"delta":{"content":"b","x":"c"}}],"obfuscation":"y"}', False, id="one-more"),
        pytest.param(b'{"choices":[{"delta":{"content":"b"}}],"obfuscation":"y","z":""}', False, id="one-more-outside"),
    ],
)
def test_a_template_matches_chunks_that_differ_in_texts_only(payload: bytes, is_alike: bool) -> None:
    first = b'{"choices":[{"delta":{"content":"a"}}],"obfuscation":"x"}'
    template = template_from_chunk(first, json.loads(first))
    assert template is not None
    assert template.is_payload(payload) is is_alike
    assert template.is_event(b"data: " + payload + b"\n\n") is is_alike
