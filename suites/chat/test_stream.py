"""A streamed chat answer: the event stream, its chunks in order, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Chunk, Exchange, Finding, Inconclusive, Stream, Violation, check, parse_json

EVENT_STREAM = "text/event-stream"
KNOWN_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
# A server that has nothing more to say closes at once; two seconds forgive a slow network.
CLOSES_WITHIN_NS = 2_000_000_000
# Below this an answer is too quick to tell whether something held it back.
TELLING_NS = 200_000_000
SPREAD = 0.02
LONG = 12
CLOCK_SECONDS = 300


def streamed(exchange: Exchange) -> Stream:
    """The stream of a request that was answered; any other answer decides nothing about its end."""
    if exchange.status != 200 or exchange.content_type != EVENT_STREAM or not exchange.stream.events:
        raise Inconclusive("no event stream came")
    return exchange.stream


def free_of(exchange: Exchange, *rules: str) -> None:
    """The stream has none of these offences."""
    found = [offence for offence in expect.event_stream(exchange).offences if offence.rule in rules]
    if found:
        raise Violation.of(tuple(Finding("none of this", o.detail, f"byte {o.offset}") for o in found))


def asked(exchange: Exchange) -> Mapping[str, Any]:
    """The body of the request."""
    body: Mapping[str, Any] = parse_json(exchange.request.body)
    return body


def place(chunk: Chunk) -> str:
    """Where a chunk stands, in words."""
    return f"event {chunk.index} (byte {chunk.event.offset})"


def values(exchange: Exchange, name: str) -> list[Any]:
    """The member of that name in each chunk that has choices; Azure's preface without any names nothing."""
    stream = expect.event_stream(exchange)
    return [chunk.value.get(name) for chunk in stream.chunks if chunk.choices]


def constant(exchange: Exchange, name: str) -> None:
    """A member has the same value in every chunk."""
    found = [repr(value) for value in values(exchange, name)]
    distinct = list(dict.fromkeys(found))
    expect.that(
        len(distinct) < 2, f"one {name} in all {len(found)} chunks", ", ".join(distinct), at=f"/{name}"
    )


def usages(exchange: Exchange) -> list[Chunk]:
    """The chunks that carry token counts."""
    chunks = expect.event_stream(exchange).chunks
    return [chunk for chunk in chunks if isinstance(chunk.value, dict) and chunk.value.get("usage")]


def counts(exchange: Exchange) -> Mapping[str, Any]:
    """The token counts of an answer, streamed or not; one without them decides nothing about their values."""
    expect.success(exchange)
    found = (
        exchange.stream.usage
        if exchange.content_type == EVENT_STREAM
        else expect.answer(exchange).get("usage")
    )
    if not isinstance(found, dict) or not all(isinstance(found.get(name), int) for name in COUNTS):
        raise Inconclusive("the answer has no whole token counts")
    return found


def text(exchange: Exchange) -> str:
    """The text of choice 0, streamed or not."""
    if exchange.content_type == EVENT_STREAM:
        found = expect.event_stream(exchange).choice(0)
        return found.content if found else ""
    return str(expect.member(expect.answer(exchange), "/choices/0/message", dict).get("content") or "")


def finish(exchange: Exchange) -> Any:
    """The finish reason of choice 0, streamed or not."""
    if exchange.content_type == EVENT_STREAM:
        found = expect.event_stream(exchange).choice(0)
        return next(iter(found.finish_reasons), None) if found else None
    return expect.member(expect.answer(exchange), "/choices/0", dict).get("finish_reason")


def called(exchange: Exchange) -> list[tuple[Any, Any]]:
    """Name and parsed arguments of each tool call of choice 0, streamed or not."""
    if exchange.content_type == EVENT_STREAM:
        found = expect.event_stream(exchange).choice(0)
        return [(call.name, parsed(call.arguments)) for call in (found.tool_calls if found else ())]
    message = expect.member(expect.answer(exchange), "/choices/0/message", dict)
    functions = [call.get("function") for call in message.get("tool_calls") or () if isinstance(call, dict)]
    return [(one.get("name"), parsed(one.get("arguments"))) for one in functions if isinstance(one, dict)]


def parsed(arguments: Any) -> Any:
    """Arguments as JSON, or as they came where they are none."""
    try:
        return parse_json(arguments)
    except (ValueError, TypeError):
        return arguments


@check("stream.answers")
def test_answers(exchange: Exchange) -> None:
    """A request with stream is answered with an event stream."""
    expect.event_stream(exchange)


@check("stream.utf-8")
def test_utf8(exchange: Exchange) -> None:
    """An event stream is UTF-8."""
    free_of(exchange, "not-utf-8")


@check("stream.blank-line")
def test_blank_line(exchange: Exchange) -> None:
    """The last event of a stream ends with its blank line, without which clients drop it."""
    free_of(exchange, "unterminated-line", "unterminated-event")


@check("stream.fields")
def test_fields(exchange: Exchange) -> None:
    """Every line of a stream is a field of an event, a comment or blank."""
    free_of(exchange, "unknown-field")


@check("stream.data")
def test_data(exchange: Exchange) -> None:
    """Every event of a stream has data."""
    free_of(exchange, "event-without-data")
    for event in expect.event_stream(exchange).events:
        expect.that(
            bool(event.data), "data", "an empty data line", where=f"event {event.index} (byte {event.offset})"
        )


@check("stream.retry")
def test_retry(exchange: Exchange) -> None:
    """A retry field is a whole number of milliseconds."""
    free_of(exchange, "bad-retry")


@check("stream.space-after-colon")
def test_space_after_colon(exchange: Exchange) -> None:
    """A space follows the colon of each field, as clients expect that look for `data: `."""
    free_of(exchange, "no-space-after-colon")


@check("stream.one-data-line")
def test_one_data_line(exchange: Exchange) -> None:
    """Each event has its data on one line, as clients expect that read line by line."""
    free_of(exchange, "many-data-lines")


@check("stream.no-byte-order-mark")
def test_no_byte_order_mark(exchange: Exchange) -> None:
    """A stream starts without a byte order mark."""
    free_of(exchange, "byte-order-mark")


@check("stream.line-feeds")
def test_line_feeds(exchange: Exchange) -> None:
    """The lines of a stream end in a line feed alone, as clients expect that split there."""
    ends = expect.event_stream(exchange).line_ends
    shown = ", ".join(sorted(repr(end) for end in ends))
    expect.that(ends <= {b"\n"}, "line feeds", shown, where="line ends")


@check("stream.no-lone-returns")
def test_no_lone_returns(exchange: Exchange) -> None:
    """No line of a stream ends in a carriage return alone."""
    ends = expect.event_stream(exchange).line_ends
    expect.that(
        b"\r" not in ends, "line feeds, alone or after carriage returns", "lone returns", where="line ends"
    )


@check("stream.no-event-names")
def test_no_event_names(exchange: Exchange) -> None:
    """The events of a chat stream have no name, only data."""
    for event in expect.event_stream(exchange).events:
        where = f"event {event.index} (byte {event.offset})"
        expect.that(event.event is None, "no event field", event.event, where=where)


@check("stream.done")
def test_done(exchange: Exchange) -> None:
    """A stream ends with the event [DONE]."""
    stream = expect.event_stream(exchange)
    expect.that(
        stream.done is not None, "data: [DONE] at the end", stream.events[-1].data, where="last event"
    )


@check("stream.nothing-after-done")
def test_nothing_after_done(exchange: Exchange) -> None:
    """Nothing follows the event [DONE]."""
    after = expect.event_stream(exchange).after_done
    if after:
        raise Violation("no event after [DONE]", expect.shown(after[0].data), where=f"event {after[0].index}")


@check("stream.closes", any_answer=True)
def test_closes(exchange: Exchange) -> None:
    """The body ends within two seconds of the event [DONE]."""
    done = streamed(exchange).done
    if done is None or exchange.ended_ns is None:
        raise Inconclusive("the stream has no [DONE]")
    late = exchange.ended_ns - done.at_ns
    actual = f"still open {late / 1e9:.1f} s later"
    expect.that(late <= CLOSES_WITHIN_NS, "the end of the body", actual, where=f"event {done.index}")


@check("stream.arrives-in-parts")
def test_arrives_in_parts(exchange: Exchange) -> None:
    """The chunks of a long answer arrive one after the other while it is made, not all at its end."""
    chunks = expect.event_stream(exchange).chunks
    first, last = chunks[0].event.at_ns, chunks[-1].event.at_ns
    took = last - exchange.started_ns
    if len(chunks) < LONG or took < TELLING_NS:
        raise Inconclusive("the answer came too quickly to tell")
    actual = f"{len(chunks)} chunks in the last {(last - first) / 1e6:.0f} ms of {took / 1e6:.0f} ms"
    expect.that((last - first) / took >= SPREAD, "chunks as they are made", actual, where="arrival times")


@check("stream.many-chunks")
def test_many_chunks(exchange: Exchange) -> None:
    """A long answer comes in more than one chunk of text."""
    stream = expect.event_stream(exchange)
    texts = [1 for chunk in stream.chunks for one in chunk.choices if content_of(one)]
    expect.that(len(texts) > 1, "several chunks with text", f"{len(texts)} of them", where="stream")


def content_of(choice: Mapping[str, Any]) -> Any:
    """The text of a streamed choice."""
    delta = choice.get("delta")
    return delta.get("content") if isinstance(delta, dict) else None


@check("stream.json")
def test_json(exchange: Exchange) -> None:
    """The data of every event before [DONE] is one JSON object."""
    expect.chunks(exchange)


@check("stream.no-error")
def test_no_error(exchange: Exchange) -> None:
    """A stream reports no error in its middle."""
    for chunk in expect.event_stream(exchange).chunks:
        failed = chunk.event.event == "error" or (
            isinstance(chunk.value, dict) and bool(chunk.value.get("error"))
        )
        expect.that(not failed, "no error", chunk.event.data, where=place(chunk))


@check("stream.one-id")
def test_one_id(exchange: Exchange) -> None:
    """All chunks of a stream have the same id."""
    constant(exchange, "id")


@check("stream.one-created")
def test_one_created(exchange: Exchange) -> None:
    """All chunks of a stream have the same created."""
    constant(exchange, "created")


@check("stream.one-model")
def test_one_model(exchange: Exchange) -> None:
    """All chunks of a stream have the same model."""
    constant(exchange, "model")


@check("stream.created")
def test_created(exchange: Exchange) -> None:
    """The member created of a chunk is the second in which the answer was made."""
    for value in values(exchange, "created"):
        near = isinstance(value, int | float) and abs(value - exchange.sent_at) <= CLOCK_SECONDS
        expect.that(near, f"within {CLOCK_SECONDS} s of {exchange.sent_at:.0f}", value, at="/created")


@check("stream.model")
def test_model(exchange: Exchange) -> None:
    """The member model of a chunk repeats the model that was asked for, or names a dated version of it."""
    wanted = asked(exchange)["model"]
    for model in values(exchange, "model"):
        named = model == wanted or str(model).startswith(f"{wanted}-")
        expect.that(named, f"{wanted} or a version of it", model, at="/model")


@check("stream.role-first")
def test_role_first(exchange: Exchange) -> None:
    """The first chunk of each choice names the role assistant."""
    seen: set[str] = set()
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta, index = choice.get("delta"), repr(choice.get("index"))
            if index not in seen:
                role = delta.get("role") if isinstance(delta, dict) else None
                expect.that(
                    role == "assistant", "assistant", role, where=place(chunk), at="/choices/0/delta/role"
                )
            seen.add(index)


@check("stream.role-once")
def test_role_once(exchange: Exchange) -> None:
    """No later chunk of a choice names the role again."""
    for choice in expect.event_stream(exchange).choices:
        expect.that(
            len(choice.roles) < 2,
            "the role once",
            f"{len(choice.roles)} times",
            where=f"choice {choice.index}",
        )


@check("stream.indexes")
def test_indexes(exchange: Exchange) -> None:
    """The choices of a stream have the indexes from 0 upwards, as many as were asked for."""
    wanted = [str(index) for index in range(asked(exchange).get("n") or 1)]
    found = sorted(str(choice.index) for choice in expect.event_stream(exchange).choices)
    expect.equal(found, wanted, at="/choices/0/index")


@check("stream.finish")
def test_finish(exchange: Exchange) -> None:
    """Each choice of a stream has exactly one finish reason."""
    for choice in expect.event_stream(exchange).choices:
        found = choice.finish_reasons
        expect.that(len(found) == 1, "one finish reason", list(found), where=f"choice {choice.index}")


@check("stream.finish-known")
def test_finish_known(exchange: Exchange) -> None:
    """A finish reason of a stream is one that the description lists."""
    reasons = [reason for choice in expect.event_stream(exchange).choices for reason in choice.finish_reasons]
    for reason in reasons:
        expect.that(
            reason in KNOWN_REASONS, " or ".join(KNOWN_REASONS), reason, at="/choices/0/finish_reason"
        )


@check("stream.finish-null")
def test_finish_null(exchange: Exchange) -> None:
    """Every choice of a chunk has finish_reason, null until the last."""
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            present = "finish_reason" in choice
            expect.that(present, "null", "absent", where=place(chunk), at="/choices/0/finish_reason")


@check("stream.finish-stop")
def test_finish_stop(exchange: Exchange) -> None:
    """A streamed answer that ends by itself says that it stopped."""
    if finish(exchange) == "length":
        raise Inconclusive("the token cap ended the answer")
    expect.equal(finish(exchange), "stop", at="/choices/0/finish_reason")


@check("stream.no-text-after-finish")
def test_no_text_after_finish(exchange: Exchange) -> None:
    """A choice says nothing after its finish reason."""
    for chunk, choice in after_finish(exchange):
        delta = choice.get("delta")
        said = isinstance(delta, dict) and (delta.get("content") or delta.get("tool_calls"))
        expect.that(not said, "nothing more of this choice", chunk.event.data, where=place(chunk))


@check("stream.finish-last")
def test_finish_last(exchange: Exchange) -> None:
    """The chunk with the finish reason is the last of its choice."""
    for chunk, _ in after_finish(exchange):
        raise Violation("no chunk of this choice", expect.shown(chunk.event.data), where=place(chunk))


def after_finish(exchange: Exchange) -> list[tuple[Chunk, Mapping[str, Any]]]:
    """Every choice of a chunk that follows the finish reason of the same choice."""
    found, ended = [], set()
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            index = repr(choice.get("index"))
            if index in ended:
                found.append((chunk, choice))
            if choice.get("finish_reason") is not None:
                ended.add(index)
    return found


@check("stream.content")
def test_content(exchange: Exchange) -> None:
    """The deltas of a streamed answer join to text."""
    if not text(exchange) and finish(exchange) == "length":
        raise Inconclusive("the token cap left no room for text")
    expect.that(bool(text(exchange).strip()), "text", "nothing", at="/choices/0/delta/content")


@check("stream.unicode")
def test_unicode(exchange: Exchange) -> None:
    """Text beyond ASCII arrives as it was said, with no character lost between two chunks."""
    wanted = str(asked(exchange)["messages"][-1]["content"]).partition(":")[2].strip()
    said = text(exchange)
    expect.that("\ufffd" not in said, "no replacement character", said, at="/choices/0/delta/content")
    if wanted not in said:
        raise Inconclusive(f"the model said something else: {expect.shown(said)}")


@check("stream.usage")
def test_usage(exchange: Exchange) -> None:
    """A stream with include_usage tells the token counts before it ends."""
    found = usages(exchange)
    expect.that(bool(found), "a chunk with usage", "none", at="/usage")
    for name in COUNTS:
        expect.member(found[-1].value, f"/usage/{name}", int, where=place(found[-1]))


@check("stream.usage-last")
def test_usage_last(exchange: Exchange) -> None:
    """The token counts come once, in a last chunk of their own whose choices are an empty array."""
    found, chunks = usages(exchange), expect.event_stream(exchange).chunks
    expect.that(len(found) == 1, "one chunk with usage", f"{len(found)} of them", at="/usage")
    expect.that(found[0] is chunks[-1], "usage in the last chunk", f"in {place(found[0])}", at="/usage")
    expect.equal(found[0].value.get("choices"), [], where=place(found[0]), at="/choices")


@check("stream.usage-null")
def test_usage_null(exchange: Exchange) -> None:
    """With include_usage, every chunk before the last has usage as null."""
    for chunk in expect.event_stream(exchange).chunks[:-1]:
        value = chunk.value.get("usage", "absent") if isinstance(chunk.value, dict) else None
        expect.that(value is None, "null", value, where=place(chunk), at="/usage")


@check("stream.no-usage")
def test_no_usage(exchange: Exchange) -> None:
    """Without include_usage no chunk carries token counts."""
    for chunk in usages(exchange):
        raise Violation("no usage", expect.shown(chunk.value["usage"]), where=place(chunk), at="/usage")


@check("stream.has-choices")
def test_has_choices(exchange: Exchange) -> None:
    """Without include_usage every chunk has a choice, as clients expect that read the first one."""
    for chunk in expect.event_stream(exchange).chunks:
        expect.that(bool(chunk.choices), "a choice", chunk.event.data, where=place(chunk), at="/choices")


@check("stream.same-text")
def test_same_text(plain: Exchange, stream: Exchange) -> None:
    """A request says the same whether it is streamed or not."""
    expect.equal(text(stream), text(plain), at="/choices/0/delta/content")


@check("stream.same-finish")
def test_same_finish(plain: Exchange, stream: Exchange) -> None:
    """A request ends for the same reason whether it is streamed or not."""
    expect.equal(finish(stream), finish(plain), at="/choices/0/finish_reason")


@check("stream.same-calls")
def test_same_calls(plain: Exchange, stream: Exchange) -> None:
    """A request calls the same tools with the same arguments whether it is streamed or not."""
    expect.equal(called(stream), called(plain), at="/choices/0/delta/tool_calls")


@check("stream.same-usage")
def test_same_usage(plain: Exchange, stream: Exchange) -> None:
    """A request counts the same tokens whether it is streamed or not."""
    before, after = counts(plain), counts(stream)
    expect.equal(after["prompt_tokens"], before["prompt_tokens"], at="/usage/prompt_tokens")
    if text(plain) != text(stream):
        raise Inconclusive("the two texts differ")
    expect.equal(after["completion_tokens"], before["completion_tokens"], at="/usage/completion_tokens")


@check("stream.same-model")
def test_same_model(plain: Exchange, stream: Exchange) -> None:
    """A request names the same model whether it is streamed or not."""
    for model in values(stream, "model"):
        expect.equal(model, expect.member(expect.answer(plain), "/model"), at="/model")


@check("stream.usage-sum")
def test_usage_sum(exchange: Exchange) -> None:
    """The total of tokens that a stream tells is the sum of prompt and completion."""
    found = counts(exchange)
    expect.equal(
        found["total_tokens"], found["prompt_tokens"] + found["completion_tokens"], at="/usage/total_tokens"
    )
