"""The event stream decoder: the examples of the standard, any split of the bytes, and every offence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.formats import sse
from wireproof.formats.sse import LINE_END, Decoder, decode

NameAndData = tuple[str | None, str]  # event name and data


def split(body: bytes) -> Iterator[list[bytes]]:
    """Yields the body whole, byte by byte, and cut once at every place."""
    yield [body]
    yield [body[at : at + 1] for at in range(len(body))]
    for at in range(1, len(body)):
        yield [body[:at], body[at:]]


def three_ways(body: bytes) -> Decoder:
    """Decodes the body under every split; asserts that the results are equal and returns the first."""
    first, *others = [decode((0, part) for part in parts) for parts in split(body)]
    for other in others:
        assert decoded(other) == decoded(first)
    return first


def decoded(decoder: Decoder) -> tuple[object, ...]:
    return decoder.events, decoder.comments, decoder.offences, decoder.line_ends


def names_and_data(decoder: Decoder) -> list[NameAndData]:
    return [(event.event, event.data) for event in decoder.events]


def rules(decoder: Decoder) -> list[tuple[str, int]]:
    return [(offence.rule, offence.offset) for offence in decoder.offences]


@pytest.mark.parametrize(
    ("body", "events", "offences"),
    [
        pytest.param(b"", [], [], id="nothing"),
        pytest.param(b"data: a\n\n", [(None, "a")], [], id="one-event"),
        pytest.param(b"data: a\r\n\r\n", [(None, "a")], [], id="crlf"),
        pytest.param(b"data: a\r\r", [(None, "a")], [], id="cr"),
        pytest.param(b"data: a\r\n\ndata: b\r\r\n", [(None, "a"), (None, "b")], [], id="mixed-line-ends"),
        pytest.param(b"\n\n\ndata: a\n\n\n\n", [(None, "a")], [], id="blank-lines-between-events"),
        pytest.param(b": hi\n\ndata: a\n:\n\n", [(None, "a")], [], id="comments"),
        pytest.param(b"event: x\ndata: a\n\ndata: b\n\n", [("x", "a"), (None, "b")], [], id="a-name-lasts-one-event"),
        pytest.param(b"event: x\nevent: y\ndata: a\n\n", [("y", "a")], [], id="the-last-name-counts"),
        pytest.param(b"data\n\n", [(None, "")], [], id="a-field-without-colon"),
        pytest.param(b"data: \n\n", [(None, "")], [], id="empty-data"),
        pytest.param(b"data:  a \n\n", [(None, " a ")], [], id="one-space-belongs-to-the-format"),
        pytest.param(b"data: a:b: c\n\n", [(None, "a:b: c")], [], id="colons-in-the-value"),
        pytest.param("data: ä€😀\n\n".encode(), [(None, "ä€😀")], [], id="characters-of-two-three-and-four-bytes"),
        pytest.param(
            "data: a\u2028b\u0085c\x0bd\n\n".encode(), [(None, "a\u2028b\u0085c\x0bd")], [], id="other-line-ends"
        ),
        pytest.param(b"retry: 100\ndata: a\n\n", [(None, "a")], [], id="retry"),
        pytest.param(b"data:a\n\n", [(None, "a")], [("no-space-after-colon", 0)], id="no-space"),
        pytest.param(b"data:\n\n", [(None, "")], [("no-space-after-colon", 0)], id="nothing-behind-the-colon"),
        pytest.param(b"data: a\ndata: b\n\n", [(None, "a\nb")], [("many-data-lines", 0)], id="two-data-lines"),
        pytest.param(b"event: x\n\n", [], [("event-without-data", 0)], id="no-data"),
        pytest.param(b"data: a\n\nid: 7\n\n", [(None, "a")], [("event-without-data", 9)], id="an-id-alone"),
        pytest.param(b"Data: a\n\n", [], [("unknown-field", 0)], id="fields-have-a-case"),
        pytest.param(b" data: a\n\n", [], [("unknown-field", 0)], id="an-indented-field"),
        pytest.param(b'{"a": 1}\n', [], [("unknown-field", 0)], id="bare-json"),
        pytest.param(b"data: a\nfoo: b\n\n", [(None, "a")], [("unknown-field", 8)], id="a-field-nobody-knows"),
        pytest.param(b"data: a\nretry: 1_000\n\n", [(None, "a")], [("bad-retry", 8)], id="retry-with-underscore"),
        pytest.param(b"data: a\nretry: -5\n\n", [(None, "a")], [("bad-retry", 8)], id="retry-below-zero"),
        pytest.param("data: a\nretry: ٣\n\n".encode(), [(None, "a")], [("bad-retry", 8)], id="retry-in-other-digits"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [(None, "a")], [("byte-order-mark", 0)], id="byte-order-mark"),
        pytest.param(
            b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [(None, "a")], [("unknown-field", 9)], id="byte-order-mark-later"
        ),
        pytest.param(b"data: a\xffb\n\n", [(None, "a\ufffdb")], [("not-utf-8", 7)], id="not-utf-8"),
        pytest.param(b"data: a\n\ndata: b\n", [(None, "a")], [("unterminated-event", 17)], id="no-last-blank-line"),
        pytest.param(
            b"data: a\n\ndata: b",
            [(None, "a")],
            [("unterminated-line", 9), ("unterminated-event", 16)],
            id="the-end-inside-a-line",
        ),
        pytest.param(b"data: a\n\ndata: b\r", [(None, "a")], [("unterminated-event", 17)], id="a-cr-at-the-end"),
        pytest.param(b"data: a\r\n\r", [(None, "a")], [], id="a-blank-line-that-ends-in-cr-at-the-end"),
        pytest.param(
            b"\xef\xbb", [], [("unterminated-line", 0), ("not-utf-8", 0), ("unknown-field", 0)], id="half-a-mark"
        ),
    ],
)
def test_a_stream_decodes_alike_under_every_split(
    body: bytes, events: list[NameAndData], offences: list[tuple[str, int]]
) -> None:
    decoder = three_ways(body)
    assert names_and_data(decoder) == events
    assert rules(decoder) == offences


# The streams below and their meaning are printed in WHATWG HTML section 9.2.6.


def test_the_standards_stock_ticker_is_one_event_of_three_lines() -> None:
    decoder = three_ways(b"data: YHOO\ndata: +2\ndata: 10\n\n")
    assert names_and_data(decoder) == [(None, "YHOO\n+2\n10")]


def test_the_standards_test_stream_has_two_events_and_an_incomplete_third() -> None:
    body = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n"
    decoder = three_ways(body)
    assert [(event.data, event.id) for event in decoder.events] == [("first event", "1"), ("second event", "")]
    assert [comment.text for comment in decoder.comments] == ["test stream"]
    assert ("unterminated-event", len(body)) in rules(decoder)


def test_the_standards_empty_data_lines_make_two_events_and_drop_the_last() -> None:
    decoder = three_ways(b"data\n\ndata\ndata\n\ndata:")
    assert names_and_data(decoder) == [(None, ""), (None, "\n")]


def test_the_standards_space_after_the_colon_is_ignored() -> None:
    decoder = three_ways(b"data:test\n\ndata: test\n\n")
    assert names_and_data(decoder) == [(None, "test"), (None, "test")]


def test_an_id_lasts_until_the_next_and_one_with_a_null_byte_is_ignored() -> None:
    decoder = three_ways(b"id: 1\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\n")
    assert [event.id for event in decoder.events] == ["1", "1", "1"]


def test_an_event_is_stamped_with_the_arrival_of_its_last_byte() -> None:
    decoder = decode([(5, b"data: a\n"), (7, b"\nda"), (9, b"ta: b\n\n")])
    assert [event.at_ns for event in decoder.events] == [7, 9]


@pytest.mark.parametrize(
    ("reads", "stamps"),
    [
        pytest.param([(5, b"data: a\r\r"), (7, b"data: b\r\r")], [5, 7], id="lone-returns"),
        pytest.param([(5, b"data: a\r\n\r"), (7, b"\ndata: b\r\n\r\n")], [5, 7], id="a-read-ends-inside-crlf"),
        pytest.param([(5, b"data: a\r"), (6, b""), (7, b"\r")], [7], id="an-empty-read"),
    ],
)
def test_a_carriage_return_completes_its_line(reads: list[tuple[int, bytes]], stamps: list[int]) -> None:
    assert [event.at_ns for event in decode(reads).events] == stamps


def test_events_have_their_index_and_byte_offset() -> None:
    decoder = three_ways(b": hello\n\nevent: x\ndata: a\n\ndata: b\n\n")
    assert [(event.index, event.offset) for event in decoder.events] == [(0, 9), (1, 27)]


def test_a_megabyte_of_events_in_one_read_is_decoded_line_by_line() -> None:
    body = b"data: {}\r\n\r\n" * 100_000
    assert len(decode([(0, body)]).events) == 100_000


@dataclass(slots=True)
class Counted:
    """A search for line ends that counts the bytes it searches."""

    bytes_searched: int = 0

    def finditer(self, data: bytes) -> Iterator[re.Match[bytes]]:
        self.bytes_searched += len(data)
        return LINE_END.finditer(data)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"data: " + b"a" * 4000 + b"\n\n", id="one-long-line"),
        pytest.param(b"data: a\n" * 500 + b"\n", id="one-long-event"),
        pytest.param(b"data: a\r\r" * 400, id="many-events"),
        pytest.param(b"\r" * 4000, id="returns"),
    ],
)
def test_each_byte_is_searched_once_even_in_small_reads(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    monkeypatch.setattr(sse, "LINE_END", counted)
    decode((0, body[at : at + 1]) for at in range(len(body)))
    assert counted.bytes_searched <= len(body)


# --- any legal stream


texts = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=12)
names = st.none() | texts


@st.composite
def blocks(draw: st.DrawFn) -> list[str]:
    """The lines of one event, without their ends."""
    lines = [f"data:{draw(st.sampled_from(['', ' ']))}{text}" for text in draw(st.lists(texts, max_size=3))]
    lines += [f"event: {name}" for name in draw(st.lists(st.text("abc.é", min_size=1, max_size=5), max_size=1))]
    lines += draw(st.lists(st.sampled_from([": ping", ":", "id: 7", "retry: 10", "id"]), max_size=2))
    return draw(st.permutations(lines))


def meaning(lines: Iterable[str]) -> NameAndData | None:
    """The event that the standard's rules give for the lines of one event."""
    fields = [line.partition(":")[::2] for line in lines if not line.startswith(":")]
    pairs = [(name, value.removeprefix(" ")) for name, value in fields]
    data = [value for name, value in pairs if name == "data"]
    event_names = [value for name, value in pairs if name == "event"]
    return (event_names[-1] if event_names else None, "\n".join(data)) if data else None


@given(
    st.lists(blocks(), max_size=5),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=40, max_size=40),
    st.lists(st.integers(0, 400), max_size=12),
)
def test_a_legal_stream_decodes_alike_under_any_split(
    events: list[list[str]], ends: list[str], cuts: list[int]
) -> None:
    lines = [line for event in events for line in (*event, "")]
    # A CR before an empty line that ends in LF would read as one CRLF.
    ends = ["\r\n" if end == "\r" else end for end in ends] if "\n" in ends else ends
    body = "".join(line + ends[at % len(ends)] for at, line in enumerate(lines)).encode()
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    parts = [body[start:end] for start, end in pairwise(places)]
    whole, cut = decode([(0, body)]), decode((0, part) for part in parts)
    assert decoded(cut) == decoded(whole)
    assert names_and_data(whole) == [found for event in events if (found := meaning(event)) is not None]


Sent = tuple[str | None, str | None, str]  # event name, id and data
END = st.sampled_from(["\n", "\r\n", "\r"])


def encode(event: Sent, end: str) -> str:
    name, id, data = event
    lines = [f"id: {id}"] if id is not None else []
    lines += [f"event: {name}"] if name is not None else []
    return "".join(line + end for line in (*lines, *(f"data: {line}" for line in data.split("\n")), ""))


def ids_last(sent: Iterable[Sent]) -> list[Sent]:
    """The events, each with the id in effect: that of the last event that named one."""
    found: list[Sent] = []
    for name, id, data in sent:
        found.append((name, id if id is not None or not found else found[-1][1], data))
    return found


@given(
    st.lists(st.tuples(names, st.none() | texts, st.lists(texts, min_size=1, max_size=3).map("\n".join)), max_size=6),
    END,
    st.lists(st.integers(1, 9), max_size=9),
)
def test_encoded_events_are_decoded_unchanged(sent: list[Sent], end: str, sizes: list[int]) -> None:
    body = "".join(encode(event, end) for event in sent).encode()
    decoder = decode(cut(body, sizes))
    assert [(event.event, event.id, event.data) for event in decoder.events] == ids_last(sent)
    assert {rule for rule, _ in rules(decoder)} <= {"many-data-lines"}


# --- any bytes at all


PIECES = [
    b"data: a", b"data:", b"data", b"event: x", b"id: 7", b"id", b"retry: 5", b"retry: x", b"x: y", b":", b": ping",
    b"\n", b"\r", b"\r\n", b"\n\n", b"\xef\xbb\xbf", b"\xef", b"\xbb", b"\xe2\x82", b"\xac", b"\xff", b"\0", b" ",
]  # fmt: skip
bodies = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=24).map(b"".join)


def cut(body: bytes, sizes: list[int]) -> list[tuple[int, bytes]]:
    """The body in reads of these sizes and a last one; each read is stamped with the count of bytes before it."""
    places = [0, *(at for at in accumulate(sizes) if at < len(body)), len(body)]
    return [(start, body[start:end]) for start, end in pairwise(places)]


@given(bodies, st.lists(st.integers(0, 9), max_size=24))
def test_any_bytes_decode_alike_under_any_split(body: bytes, sizes: list[int]) -> None:
    whole, parts, single = decode([(0, body)]), decode(cut(body, sizes)), decode(cut(body, [1] * len(body)))
    assert untimed(parts) == untimed(single) == untimed(whole)


@given(bodies, st.lists(st.integers(1, 9), max_size=24))
def test_an_event_arrives_with_the_read_that_holds_its_last_byte(body: bytes, sizes: list[int]) -> None:
    reads = cut(body, sizes)
    completed = [event.at_ns for event in decode(cut(body, [1] * len(body))).events]
    starts = [max(start for start, _ in reads if start <= at) for at in completed]
    assert [event.at_ns for event in decode(reads).events] == starts


@given(bodies)
def test_events_and_offences_point_into_the_body_in_order(body: bytes) -> None:
    decoder = decode([(0, body)])
    assert all(0 <= offence.offset <= len(body) for offence in decoder.offences)
    assert all(before.offset < after.offset for before, after in pairwise(decoder.events))
    assert [event.index for event in decoder.events] == list(range(len(decoder.events)))


def untimed(decoder: Decoder) -> tuple[object, ...]:
    events = [replace(event, at_ns=0) for event in decoder.events]
    return events, [replace(comment, at_ns=0) for comment in decoder.comments], decoder.offences, decoder.line_ends
