"""The framing of a streamed answer (WHATWG server-sent events): its lines, its events, its end and its pace."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Finding, Inconclusive, Stream, Violation, check

# A server with nothing more to send closes at once; two seconds allow for a slow network.
CLOSES_WITHIN_NS = 2_000_000_000
# Below this an answer is too quick to show whether it was buffered.
SHORTEST_ANSWER_NS = 200_000_000
LEAST_SPREAD = 0.02
# Bytes that arrive while our own event loop stalls arrive together, whatever the server does.
LONGEST_STALL_SHARE = 0.1
STILL_OPEN = ("idle", "total")
FEWEST_CHUNKS = 12


def has_no_offence(exchange: Exchange, *rules: str) -> None:
    """Raises Violation if the stream breaks one of these rules."""
    offences = [offence for offence in expect.event_stream(exchange).offences if offence.rule in rules]
    if offences:
        raise Violation.from_findings(tuple(Finding("none of this", o.detail, f"byte {o.offset}") for o in offences))


@check("stream.utf-8")
def test_utf8(exchange: Exchange) -> None:
    """An event stream is UTF-8."""
    has_no_offence(exchange, "not-utf-8")


@check("stream.blank-line")
def test_blank_line(exchange: Exchange) -> None:
    """The last event of a stream ends with its blank line, without which clients drop it."""
    has_no_offence(exchange, "unterminated-line", "unterminated-event")


@check("stream.fields")
def test_fields(exchange: Exchange) -> None:
    """Every line of a stream is a field of an event, a comment or blank."""
    has_no_offence(exchange, "unknown-field")


@check("stream.data")
def test_data(exchange: Exchange) -> None:
    """Every event of a stream has data."""
    has_no_offence(exchange, "event-without-data")
    for event in expect.event_stream(exchange).events:
        expect.condition(
            bool(event.data), "data", "an empty data line", where=f"event {event.index} (byte {event.offset})"
        )


@check("stream.comments-without-ids")
def test_comments_without_ids(exchange: Exchange) -> None:
    """A stream whose events have ids has no comments, after which a kept id would make an event without data."""
    stream = expect.event_stream(exchange)
    has_ids = any(event.id is not None for event in stream.events)
    late = [comment for comment in stream.comments if has_ids and comment.offset > stream.events[0].offset]
    if late:
        raise Violation("ids or comments", "both", where=f"byte {late[0].offset}")


@check("stream.no-comments")
def test_no_comments(exchange: Exchange) -> None:
    """A stream of a short answer has no comments, which some clients take for data."""
    for comment in expect.event_stream(exchange).comments:
        raise Violation("no comment", expect.display_text(f":{comment.text}"), where=f"byte {comment.offset}")


@check("stream.retry")
def test_retry(exchange: Exchange) -> None:
    """A retry field is a whole number of milliseconds."""
    has_no_offence(exchange, "bad-retry")


@check("stream.space-after-colon")
def test_space_after_colon(exchange: Exchange) -> None:
    """A space follows the colon of each field, as clients expect that look for `data: `."""
    has_no_offence(exchange, "no-space-after-colon")


@check("stream.one-data-line")
def test_one_data_line(exchange: Exchange) -> None:
    """Each event has its data on one line, as clients expect that read line by line."""
    has_no_offence(exchange, "many-data-lines")


@check("stream.no-byte-order-mark")
def test_no_byte_order_mark(exchange: Exchange) -> None:
    """A stream starts without a byte order mark."""
    has_no_offence(exchange, "byte-order-mark")


@check("stream.line-feeds")
def test_line_feeds(exchange: Exchange) -> None:
    """The lines of a stream end in a line feed alone, as clients expect that split there."""
    ends = expect.event_stream(exchange).line_ends
    shown = ", ".join(sorted(repr(end) for end in ends))
    expect.condition(ends <= {b"\n"}, "line feeds", shown, where="line ends")


@check("stream.no-lone-returns")
def test_no_lone_returns(exchange: Exchange) -> None:
    """No line of a stream ends in a carriage return alone."""
    ends = expect.event_stream(exchange).line_ends
    expect.condition(
        b"\r" not in ends, "line feeds, alone or after carriage returns", "lone returns", where="line ends"
    )


@check("stream.no-event-names")
def test_no_event_names(exchange: Exchange) -> None:
    """The events of a chat stream have no name, only data."""
    for event in expect.event_stream(exchange).events:
        where = f"event {event.index} (byte {event.offset})"
        expect.condition(event.event is None, "no event field", event.event, where=where)


@check("stream.done")
def test_done(exchange: Exchange) -> None:
    """A stream ends with the event [DONE]."""
    stream = expect.event_stream(exchange)
    expect.condition(stream.done is not None, "data: [DONE] at the end", stream.events[-1].data, where="last event")


@check("stream.nothing-after-done")
def test_nothing_after_done(exchange: Exchange) -> None:
    """Nothing follows the event [DONE]."""
    after = expect.event_stream(exchange).after_done
    if after:
        raise Violation("no event after [DONE]", expect.display_text(after[0].data), where=f"event {after[0].index}")


def answered_stream(exchange: Exchange) -> Stream:
    """The event stream of an answer. Raises Inconclusive if no event stream came."""
    if exchange.status != 200 or not expect.is_stream(exchange) or not exchange.stream.events:
        raise Inconclusive("no event stream came")
    return exchange.stream


@check("stream.closes", any_answer=True)
def test_closes(exchange: Exchange) -> None:
    """The body ends within two seconds of its last event."""
    stream, broken = answered_stream(exchange), exchange.broken
    last = stream.events[-1]
    if broken is not None and (stream.done is None or broken.kind not in STILL_OPEN):
        raise Inconclusive(f"the stream broke off: {broken.detail}")
    if broken is not None:
        raise Violation("the end of the body", f"still open: {broken.detail}", where=f"event {last.index}")
    late = (exchange.ended_ns or last.at_ns) - last.at_ns
    if late > CLOSES_WITHIN_NS:
        expect.no_local_stall(exchange, late - CLOSES_WITHIN_NS)
    actual = f"still open {late / 1e9:.1f} s later"
    expect.condition(late <= CLOSES_WITHIN_NS, "the end of the body", actual, where=f"event {last.index}")


@check("stream.arrives-in-parts")
def test_arrives_in_parts(exchange: Exchange) -> None:
    """The chunks of a long answer arrive one after the other while it is made, not all at its end."""
    chunks = expect.event_stream(exchange).chunks
    if len(chunks) < FEWEST_CHUNKS:
        raise Inconclusive("the answer has too few chunks to judge")
    first, last = chunks[0].event.at_ns, chunks[-1].event.at_ns
    took = last - exchange.started_ns
    if took < SHORTEST_ANSWER_NS:
        raise Inconclusive("the answer came too quickly to judge")
    spread = (last - first) / took
    if spread < LEAST_SPREAD:
        expect.no_local_stall(exchange, took * LONGEST_STALL_SHARE)
    actual = f"{len(chunks)} chunks in the last {(last - first) / 1e6:.0f} ms of {took / 1e6:.0f} ms"
    expect.condition(spread >= LEAST_SPREAD, "chunks as they are made", actual, where="arrival times")
