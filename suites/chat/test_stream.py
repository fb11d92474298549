"""The chunks of a streamed chat answer: their members, and whether the chunks agree."""

from __future__ import annotations

from typing import Any

from wireproof import expect
from wireproof.check import Contract, Exchange, check


def values_by_chunk(exchange: Exchange, name: str) -> list[Any]:
    """The values of a member in each chunk with choices; Azure's first chunk has no choices and is left out."""
    stream = expect.event_stream(exchange)
    return [chunk.value.get(name) for chunk in stream.chunks if chunk.choices]


def is_constant(exchange: Exchange, name: str) -> None:
    """Raises Violation if a member has several values in the chunks."""
    found = [repr(value) for value in values_by_chunk(exchange, name)]
    distinct = list(dict.fromkeys(found))
    expect.condition(len(distinct) < 2, f"one {name} in all {len(found)} chunks", ", ".join(distinct), at=f"/{name}")


@check("stream.answers", proves_obeyed=("stream",))
def test_answers(exchange: Exchange) -> None:
    """A request with stream is answered with an event stream."""
    expect.event_stream(exchange)


@check("stream.json")
def test_json(exchange: Exchange) -> None:
    """The data of every event before [DONE] is one JSON object."""
    expect.chunks(exchange)


@check("stream.no-error")
def test_no_error(exchange: Exchange) -> None:
    """A stream reports no error in its middle."""
    for chunk in expect.event_stream(exchange).chunks:
        failed = chunk.event.event == "error" or (isinstance(chunk.value, dict) and bool(chunk.value.get("error")))
        expect.condition(not failed, "no error", chunk.event.data, where=expect.chunk_place(chunk))


@check("stream.error-enveloped")
def test_error_enveloped(exchange: Exchange, contract: Contract) -> None:
    """An error in the middle of a stream has the shape of any other error, and nothing but [DONE] follows it."""
    chunks = expect.event_stream(exchange).chunks
    for chunk in chunks:
        if isinstance(chunk.value, dict) and "error" in chunk.value:
            expect.conforms(chunk.value, expect.shape(contract, "error"), where=expect.chunk_place(chunk))
            last = chunks[-1]
            expect.condition(chunk is last, "no event after the error", last.event.data, where=expect.chunk_place(last))


@check("stream.one-id")
def test_one_id(exchange: Exchange) -> None:
    """All chunks of a stream have the same id."""
    is_constant(exchange, "id")


@check("stream.one-created")
def test_one_created(exchange: Exchange) -> None:
    """All chunks of a stream have the same created."""
    is_constant(exchange, "created")


@check("stream.one-model")
def test_one_model(exchange: Exchange) -> None:
    """All chunks of a stream have the same model."""
    is_constant(exchange, "model")


@check("stream.created")
def test_created(exchange: Exchange) -> None:
    """The member created of a chunk is the time of the answer, in seconds."""
    for value in values_by_chunk(exchange, "created"):
        expect.recent(exchange, value, at="/created")


@check("stream.model")
def test_model(exchange: Exchange) -> None:
    """The member model of a chunk repeats the model that was asked for, or names a dated version of it."""
    for model in values_by_chunk(exchange, "model"):
        expect.same_model(exchange, model, at="/model")


@check("stream.indexes")
def test_indexes(exchange: Exchange) -> None:
    """The choices of a stream have the indexes from 0 upwards, as many as were asked for."""
    wanted = [str(index) for index in range(expect.request_body(exchange).get("n") or 1)]
    found = sorted(str(choice.index) for choice in expect.event_stream(exchange).choices)
    expect.equal(found, wanted, at="/choices/0/index")


@check("stream.has-choices")
def test_has_choices(exchange: Exchange) -> None:
    """Without include_usage every chunk has a choice, as clients expect that read the first one."""
    for chunk in expect.event_stream(exchange).chunks:
        expect.condition(
            bool(chunk.choices), "a choice", chunk.event.data, where=expect.chunk_place(chunk), at="/choices"
        )
