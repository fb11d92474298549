"""The chunks of a streamed chat answer in order, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Choice, Chunk, Exchange, Inconclusive, Violation, check, parse_json

KNOWN_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")
DELTA = {"role", "content", "refusal", "tool_calls", "function_call"}
CLOCK_SECONDS = 300


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
    expect.that(len(distinct) < 2, f"one {name} in all {len(found)} chunks", ", ".join(distinct), at=f"/{name}")


@check("stream.answers")
def test_answers(exchange: Exchange) -> None:
    """A request with stream is answered with an event stream."""
    expect.event_stream(exchange)


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
        failed = chunk.event.event == "error" or (isinstance(chunk.value, dict) and bool(chunk.value.get("error")))
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
                expect.that(role == "assistant", "assistant", role, where=place(chunk), at="/choices/0/delta/role")
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
        expect.that(reason in KNOWN_REASONS, " or ".join(KNOWN_REASONS), reason, at="/choices/0/finish_reason")


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
    reasons = first(exchange).finish_reasons
    if "length" in reasons:
        raise Inconclusive("the token cap ended the answer")
    expect.equal(list(reasons), ["stop"], at="/choices/0/finish_reason")


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


def first(exchange: Exchange) -> Choice:
    """The choice of index 0."""
    found = expect.event_stream(exchange).choice(0)
    if found is None:
        raise Violation("a choice of index 0", "none", at="/choices/0/index")
    return found


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
    choice = first(exchange)
    if not choice.content and "length" in choice.finish_reasons:
        raise Inconclusive("the token cap left no room for text")
    expect.that(bool(choice.content.strip()), "text", "nothing", at="/choices/0/delta/content")


@check("stream.no-null-content")
def test_no_null_content(exchange: Exchange) -> None:
    """A delta of an answer in text has content as text or leaves it out."""
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta = choice.get("delta")
            content = delta.get("content", "") if isinstance(delta, dict) else ""
            expect.that(content is not None, "text", "null", where=place(chunk), at="/choices/0/delta/content")


@check("stream.described-deltas")
def test_described_deltas(exchange: Exchange) -> None:
    """A delta has no member beyond those that the description names."""
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta = choice.get("delta")
            extra = sorted(set(delta) - DELTA) if isinstance(delta, dict) else []
            expect.that(not extra, "members described", ", ".join(extra), where=place(chunk), at="/choices/0/delta")


@check("stream.unicode")
def test_unicode(exchange: Exchange) -> None:
    """Text beyond ASCII arrives as it was said, with no character lost between two chunks."""
    wanted = str(asked(exchange)["messages"][-1]["content"]).partition(":")[2].strip()
    said = first(exchange).content
    expect.that("\ufffd" not in said, "no replacement character", said, at="/choices/0/delta/content")
    if wanted not in said:
        raise Inconclusive(f"the model said something else: {expect.shown(said)}")


@check("stream.has-choices")
def test_has_choices(exchange: Exchange) -> None:
    """Without include_usage every chunk has a choice, as clients expect that read the first one."""
    for chunk in expect.event_stream(exchange).chunks:
        expect.that(bool(chunk.choices), "a choice", chunk.event.data, where=place(chunk), at="/choices")
