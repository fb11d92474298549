"""The end of each choice of a streamed chat answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Chunk, Exchange, Undecided, Violation, check

KNOWN_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")


@check("stream.finish")
def test_finish(exchange: Exchange) -> None:
    """Each choice of a stream has exactly one finish reason; the expiry of a sound may stand for it."""
    for choice in expect.event_stream(exchange).choices:
        found = choice.finish_reasons
        if not found and is_ended_by_expiry(exchange, choice.index):
            continue
        expect.condition(len(found) == 1, "one finish reason", list(found), where=f"choice {choice.index}")


def is_ended_by_expiry(exchange: Exchange, index: Any) -> bool:
    """True if the last chunk of a choice has the expiry of a sound, with which OpenAI ends such a stream."""
    chunks = expect.event_stream(exchange).chunks
    deltas = [choice.get("delta") for chunk in chunks for choice in chunk.choices if choice.get("index") == index]
    sound = deltas[-1].get("audio") if deltas and isinstance(deltas[-1], dict) else None
    return isinstance(sound, dict) and "expires_at" in sound


@check("stream.finish-known")
def test_finish_known(exchange: Exchange) -> None:
    """A finish reason of a stream is one that the description lists."""
    reasons = [reason for choice in expect.event_stream(exchange).choices for reason in choice.finish_reasons]
    for reason in reasons:
        expect.condition(reason in KNOWN_REASONS, " or ".join(KNOWN_REASONS), reason, at="/choices/0/finish_reason")


@check("stream.finish-null")
def test_finish_null(exchange: Exchange) -> None:
    """Every choice of a chunk has finish_reason, null until the last."""
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            present = "finish_reason" in choice
            expect.condition(present, "null", "absent", where=expect.chunk_place(chunk), at="/choices/0/finish_reason")


@check("stream.finish-stop")
def test_finish_stop(exchange: Exchange) -> None:
    """A streamed answer that ends by itself says that it stopped."""
    reason = expect.finish_reason(exchange)
    if expect.reached_cap(exchange):
        raise Undecided("the token cap ended the answer")
    expect.equal(reason, "stop", at="/choices/0/finish_reason")


@check("stream.no-text-after-finish")
def test_no_text_after_finish(exchange: Exchange) -> None:
    """A choice says nothing after its finish reason."""
    for chunk, choice in after_finish(exchange):
        delta = choice.get("delta")
        has_content = isinstance(delta, dict) and (delta.get("content") or delta.get("tool_calls"))
        expect.condition(
            not has_content, "nothing more of this choice", chunk.event.data, where=expect.chunk_place(chunk)
        )


@check("stream.finish-last")
def test_finish_last(exchange: Exchange) -> None:
    """The chunk with the finish reason is the last of its choice."""
    for chunk, _ in after_finish(exchange):
        raise Violation(
            "no chunk of this choice", expect.display_text(chunk.event.data), where=expect.chunk_place(chunk)
        )


def after_finish(exchange: Exchange) -> list[tuple[Chunk, Mapping[str, Any]]]:
    """The entries of each choice that follow its finish reason, with their chunks."""
    found, ended = [], set()
    for chunk in expect.event_stream(exchange).chunks:
        for choice in chunk.choices:
            index = repr(choice.get("index"))
            if index in ended:
                found.append((chunk, choice))
            if choice.get("finish_reason") is not None:
                ended.add(index)
    return found
