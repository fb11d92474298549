"""The reasoning of a chat answer: in a member of its own, between tags in the content, or absent."""

from __future__ import annotations

import re
from typing import Any

from wireproof import expect
from wireproof.check import Chunk, Exchange, Inconclusive, NotOffered, Provider, check, find_usage

TAG = re.compile(r"</?think(?:ing)?>")
FEWEST_WORDS = 4
START_TAG, END_TAG = re.compile(r"<think(?:ing)?>"), re.compile(r"</think(?:ing)?>")
MESSAGE, CONTENT = "/choices/0/message", "/choices/0/message/content"


def reasoning_member(provider: Provider) -> str:
    """The member with the reasoning. Raises NotOffered if the contract names none."""
    if provider.reasoning is None:
        raise NotOffered("the contract names no member for reasoning")
    return provider.reasoning.member


def reasoning_fragments(exchange: Exchange, name: str) -> tuple[tuple[Chunk, Any], ...]:
    """Every chunk with that member in a delta, and its value."""
    stream = expect.event_stream(exchange)
    deltas = ((chunk, choice.get("delta")) for chunk in stream.chunks for choice in chunk.choices)
    values = ((chunk, delta.get(name)) for chunk, delta in deltas if isinstance(delta, dict))
    return tuple((chunk, value) for chunk, value in values if value not in (None, ""))


def reasoning_text(exchange: Exchange, provider: Provider) -> str:
    """The reasoning outside the content, streamed or not; empty if there is none."""
    name = reasoning_member(provider)
    if expect.is_stream(exchange):
        return "".join(str(value) for _, value in reasoning_fragments(exchange, name))
    reasoning = expect.member(expect.answer(exchange), MESSAGE, dict).get(name)
    return reasoning if isinstance(reasoning, str) else ""


@check("reasoning.shown", proves_obeyed=("reasoning_split", "reasoning_content"))
def test_shown(exchange: Exchange, provider: Provider) -> None:
    """A message whose reasoning is split off shows it, as text, in a member of its own."""
    at = f"{MESSAGE}/{reasoning_member(provider)}"
    found = expect.member(expect.answer(exchange), at, str)
    expect.condition(bool(found.strip()), "a text with at least one character", found, at=at)


@check("reasoning.apart")
def test_apart(exchange: Exchange, provider: Provider) -> None:
    """The content of an answer whose reasoning is split off has no tag of thinking and does not begin with it."""
    text, reasoning = expect.text(exchange), reasoning_text(exchange, provider).strip()
    expect.condition(TAG.search(text) is None, "content without a tag of thinking", text, at=CONTENT)
    # A short reasoning may be the answer itself.
    begins = len(reasoning.split()) >= FEWEST_WORDS and text.lstrip().startswith(reasoning)
    expect.condition(not begins, "content that does not begin with the reasoning", text, at=CONTENT)


@check("reasoning.answered")
def test_answered(exchange: Exchange) -> None:
    """An answer whose reasoning is split off has text beside it."""
    text = expect.text(exchange)
    if not text:
        expect.undecided_if_cut(exchange)
    expect.condition(bool(text.strip()), "text", text or "nothing", at=CONTENT)


@check("reasoning.inline", proves_obeyed=("reasoning_split",))
def test_inline(exchange: Exchange, provider: Provider) -> None:
    """With the split switched off the thinking stays in the content, between tags, where the contract keeps it."""
    if provider.reasoning is None:
        raise NotOffered("the contract says nothing about reasoning")
    text, is_inline = expect.text(exchange), provider.reasoning.otherwise == "inline"
    expect.undecided_if_cut(exchange)
    found = _tagged_thought(text)
    if is_inline:
        expect.condition(bool(found and found.strip()), "thinking between tags", text, at=CONTENT)
    else:
        expect.condition(found is None, "content without thinking", text, at=CONTENT)


def _tagged_thought(text: str) -> str | None:
    """The first text between tags, which is searched once however many tags have no end."""
    start = START_TAG.search(text)
    end = END_TAG.search(text, start.end()) if start else None
    return text[start.end() : end.start()] if start and end else None


@check("reasoning.not-shown", proves_obeyed=("reasoning_split", "reasoning_content"))
def test_not_shown(exchange: Exchange, provider: Provider) -> None:
    """An answer without reasoning to split off has no member that shows any."""
    found = reasoning_text(exchange, provider)
    expect.condition(not found, f"no {reasoning_member(provider)}", found, at=f"{MESSAGE}/{reasoning_member(provider)}")


# A word is a token at least in every tokeniser that splits at blanks first, which those of chat models do.
@check("reasoning.counted")
def test_counted(exchange: Exchange, provider: Provider) -> None:
    """The completion counts the tokens of the reasoning as well: no fewer than the answer has words."""
    expect.success(exchange)
    count = find_usage(exchange).get("completion_tokens")
    if not isinstance(count, int):
        raise Inconclusive("the answer counts no tokens")
    words = len(f"{reasoning_text(exchange, provider)} {expect.text(exchange)}".split())
    expect.condition(count >= words, f"at least {words}", count, at="/usage/completion_tokens")


@check("reasoning.streamed", proves_obeyed=("reasoning_split", "reasoning_content"))
def test_streamed(exchange: Exchange, provider: Provider) -> None:
    """A stream tells the reasoning in deltas of the same member, each of them text."""
    found = reasoning_fragments(exchange, reasoning_member(provider))
    expect.condition(bool(found), f"a delta with {reasoning_member(provider)}", "none", where="stream")
    for chunk, value in found:
        at = f"/choices/0/delta/{reasoning_member(provider)}"
        expect.condition(isinstance(value, str), "a text", value, where=expect.chunk_place(chunk), at=at)


@check("reasoning.first")
def test_first(exchange: Exchange, provider: Provider) -> None:
    """In a stream the reasoning comes before the content."""
    reasoning, content = (
        reasoning_fragments(exchange, reasoning_member(provider)),
        reasoning_fragments(exchange, "content"),
    )
    if not reasoning or not content:
        raise Inconclusive("the stream has no reasoning or no content")
    last, first = reasoning[-1][0], content[0][0]
    expect.condition(
        last.index <= first.index, "content after the last of the reasoning", "content", where=expect.chunk_place(first)
    )


@check("reasoning.same")
def test_same(plain: Exchange, stream: Exchange, provider: Provider) -> None:
    """A request shows the same reasoning whether it is streamed or not."""
    streamed, expected = reasoning_text(stream, provider), reasoning_text(plain, provider)
    expect.equal(streamed, expected, at=f"{MESSAGE}/{reasoning_member(provider)}")
