"""The same request plain and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import commonprefix
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Undecided, check

COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def ordered_text(exchange: Exchange) -> str:
    """The text that the request orders the model to say exactly."""
    return str(expect.request_body(exchange)["messages"][-1]["content"]).partition(":")[2].strip()


def calls_with_arguments(exchange: Exchange) -> list[tuple[Any, Any]]:
    """Name and parsed arguments of each tool call of choice 0, streamed or not."""
    return [(call.name, expect.parsed_arguments(call.arguments)) for call in expect.tool_calls(exchange)]


def token_counts(exchange: Exchange) -> Mapping[str, Any]:
    """The token counts of an answer, streamed or not. Raises Inconclusive if one is missing."""
    expect.success(exchange)
    found = exchange.stream.usage if expect.is_stream(exchange) else expect.answer(exchange).get("usage")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), int) for name in COUNTS):
        raise Inconclusive("the answer has no whole token counts")
    return found


@check("stream.same-text")
def test_same_text(plain: Exchange, stream: Exchange) -> None:
    """A request has the same text whether it is streamed or not."""
    expect.equal(expect.text(stream), expect.text(plain), at="/choices/0/delta/content")


@check("stream.text-whole")
def test_text_whole(plain: Exchange, stream: Exchange) -> None:
    """A text that the plain answer or the stream has whole is not missing a piece, or repeating one, in the other."""
    wanted = ordered_text(plain)
    texts = {"the plain answer": expect.text(plain), "the stream": expect.text(stream)}
    broken = [name for name, text in texts.items() if wanted not in text]
    if len(broken) == 2:
        raise Undecided("the model says something else, plain and streamed")
    for name in broken:
        text = texts[name].strip()
        if not text or expect.finish_reason(stream if name == "the stream" else plain) == "length":
            raise Undecided(f"the token cap ended {name}")
        shown = f"{expect.display_text(text)} in {name}"
        expect.condition(not is_cut_or_repeated(text, wanted), expect.display_text(wanted), shown, where=name)
        raise Undecided(f"the model says something else: {shown}")


def is_cut_or_repeated(text: str, whole: str) -> bool:
    """True if a text is another one without a piece, or with a piece of it twice in a row."""
    start = len(commonprefix((text, whole)))  # noqa: RUF071 - of characters, not of paths
    end = len(commonprefix((text[::-1], whole[::-1])))  # noqa: RUF071
    if len(text) < len(whole):
        return start + end >= len(text)
    extra = len(text) - len(whole)
    return start + end >= len(whole) and text[start - extra : start] == text[start : start + extra]


@check("stream.same-finish")
def test_same_finish(plain: Exchange, stream: Exchange) -> None:
    """A request ends for the same reason whether it is streamed or not."""
    expect.equal(expect.finish_reason(stream), expect.finish_reason(plain), at="/choices/0/finish_reason")


@check("stream.same-calls")
def test_same_calls(plain: Exchange, stream: Exchange) -> None:
    """A request calls the same tools with the same arguments whether it is streamed or not."""
    expect.equal(calls_with_arguments(stream), calls_with_arguments(plain), at="/choices/0/delta/tool_calls")


@check("stream.same-usage")
def test_same_usage(plain: Exchange, stream: Exchange) -> None:
    """A request counts the same tokens whether it is streamed or not."""
    before, after = token_counts(plain), token_counts(stream)
    expect.equal(after["prompt_tokens"], before["prompt_tokens"], at="/usage/prompt_tokens")
    if expect.text(plain) != expect.text(stream):
        raise Inconclusive("the two texts differ")
    expect.equal(after["completion_tokens"], before["completion_tokens"], at="/usage/completion_tokens")


@check("stream.same-model")
def test_same_model(plain: Exchange, stream: Exchange) -> None:
    """A request names the same model whether it is streamed or not."""
    wanted = expect.member(expect.answer(plain), "/model")
    for place, chunk in expect.chunks(stream):
        expect.equal(chunk.get("model"), wanted, where=place, at="/model")
