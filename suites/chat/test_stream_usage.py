"""The token counts of a streamed chat answer."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Chunk, Exchange, Inconclusive, Violation, check

COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def usage_chunks(exchange: Exchange) -> list[Chunk]:
    """The chunks that carry token counts."""
    chunks = expect.event_stream(exchange).chunks
    return [chunk for chunk in chunks if isinstance(chunk.value, dict) and chunk.value.get("usage")]


@check("stream.usage", proves_obeyed=("stream_options.include_usage",))
def test_usage(exchange: Exchange) -> None:
    """A stream with include_usage tells the token counts before it ends."""
    found = usage_chunks(exchange)
    expect.condition(bool(found), "a chunk with usage", "none", at="/usage")
    for name in COUNTS:
        expect.member(found[-1].value, f"/usage/{name}", int, where=expect.chunk_place(found[-1]))


@check("stream.usage-last")
def test_usage_last(exchange: Exchange) -> None:
    """The token counts come once, in a last chunk of their own whose choices are an empty array."""
    found, chunks = usage_chunks(exchange), expect.event_stream(exchange).chunks
    expect.condition(len(found) == 1, "one chunk with usage", f"{len(found)} of them", at="/usage")
    expect.condition(
        found[0] is chunks[-1], "usage in the last chunk", f"in {expect.chunk_place(found[0])}", at="/usage"
    )
    expect.equal(found[0].value.get("choices"), [], where=expect.chunk_place(found[0]), at="/choices")


@check("stream.usage-null")
def test_usage_null(exchange: Exchange) -> None:
    """With include_usage, every chunk before the last has usage as null."""
    for chunk in expect.event_stream(exchange).chunks[:-1]:
        members, place = chunk.value if isinstance(chunk.value, dict) else {}, expect.chunk_place(chunk)
        # Clients read an absent member as null; counts that come twice are added up. The clause tells them apart.
        expect.condition("usage" in members, "null", "absent", where=place, at="/usage")
        expect.condition(members["usage"] is None, "null", members["usage"], where=place)


@check("stream.no-usage")
def test_no_usage(exchange: Exchange) -> None:
    """Without include_usage no chunk carries token counts."""
    for chunk in usage_chunks(exchange):
        raise Violation(
            "no usage", expect.display_text(chunk.value["usage"]), where=expect.chunk_place(chunk), at="/usage"
        )


@check("stream.usage-sum")
def test_usage_sum(exchange: Exchange) -> None:
    """The total of tokens that a stream tells is the sum of prompt and completion."""
    found = expect.event_stream(exchange).usage
    if not isinstance(found, dict) or not all(isinstance(found.get(name), int) for name in COUNTS):
        raise Inconclusive("the stream has no whole token counts")
    total, parts = found["total_tokens"], [found["prompt_tokens"], found["completion_tokens"]]
    judged_by = expect.check_for_total(total, parts)
    expect.equal(total, sum(parts), at="/usage/total_tokens", judged_by=judged_by)
