"""The deltas of a streamed chat answer, and the message that they join to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, StreamChoice, Undecided, Violation, check

DELTA_MEMBERS = {"role", "content", "refusal", "tool_calls", "function_call"}


@check("stream.role-first")
def test_role_first(exchange: Exchange) -> None:
    """The first chunk of each choice names the role assistant."""
    seen: set[str] = set()
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta, index = choice.get("delta"), repr(choice.get("index"))
            if index not in seen:
                role = delta.get("role") if isinstance(delta, dict) else None
                expect.condition(
                    role == "assistant", "assistant", role, where=expect.chunk_place(chunk), at="/choices/0/delta/role"
                )
            seen.add(index)


@check("stream.role-once")
def test_role_once(exchange: Exchange) -> None:
    """No later chunk of a choice names the role again."""
    for choice in expect.event_stream(exchange).choices:
        expect.condition(
            len(choice.roles) < 2,
            "the role once",
            f"{len(choice.roles)} times",
            where=f"choice {choice.index}",
        )


@check("stream.many-chunks")
def test_many_chunks(exchange: Exchange) -> None:
    """A long answer comes in more than one chunk of text."""
    stream = expect.event_stream(exchange)
    texts = [1 for chunk in stream.chunks for choice in chunk.choices if delta_content(choice)]
    if not texts:
        expect.undecided_if_cut(exchange)
    expect.condition(len(texts) > 1, "several chunks with text", f"{len(texts)} of them", where="stream")


def delta_content(choice: Mapping[str, Any]) -> Any:
    """The text of a streamed choice."""
    delta = choice.get("delta")
    return delta.get("content") if isinstance(delta, dict) else None


@check("stream.content")
def test_content(exchange: Exchange) -> None:
    """The deltas of a streamed answer join to text."""
    text = first_choice(exchange).content
    if not text:
        expect.undecided_if_cut(exchange)
    expect.condition(bool(text), "text", "nothing", at="/choices/0/delta/content")


def first_choice(exchange: Exchange) -> StreamChoice:
    """The choice of index 0. Raises Violation if there is none."""
    found = expect.event_stream(exchange).choice(0)
    if found is None:
        raise Violation("a choice of index 0", "none", at="/choices/0/index")
    return found


@check("stream.no-null-content")
def test_no_null_content(exchange: Exchange) -> None:
    """A delta of an answer in text has content as text or leaves it out."""
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta = choice.get("delta")
            content = delta.get("content", "") if isinstance(delta, dict) else ""
            expect.condition(
                content is not None, "text", "null", where=expect.chunk_place(chunk), at="/choices/0/delta/content"
            )


@check("stream.described-deltas")
def test_described_deltas(exchange: Exchange) -> None:
    """A delta has no member beyond those that the description names."""
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            delta = choice.get("delta")
            extra = sorted(set(delta) - DELTA_MEMBERS) if isinstance(delta, dict) else []
            expect.condition(
                not extra, "members described", ", ".join(extra), where=expect.chunk_place(chunk), at="/choices/0/delta"
            )


@check("stream.unicode")
def test_unicode(exchange: Exchange) -> None:
    """Text beyond ASCII arrives unchanged, with no character lost between two chunks."""
    wanted = str(expect.request_body(exchange)["messages"][-1]["content"]).partition(":")[2].strip()
    text = first_choice(exchange).content
    expect.condition("\ufffd" not in text, "no replacement character", text, at="/choices/0/delta/content")
    if wanted not in text:
        raise Undecided(f"the model said something else: {expect.display_text(text)}")
