"""The reasoning of a response: a part of the message's content before its text, or between tags in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, check

TAG = re.compile(r"</?think(?:ing)?>")
CONTENT = "/output/0/content"
# A shorter reasoning may be the answer itself.
FEWEST_WORDS = 4


def content_parts(exchange: Exchange) -> tuple[Mapping[str, Any], ...]:
    """The parts of the first item of the output."""
    found = expect.member(expect.answer(exchange), CONTENT, list)
    return tuple(part if isinstance(part, dict) else {} for part in found)


def texts_of_type(exchange: Exchange, kind: str) -> tuple[tuple[str, str], ...]:
    """Place and text of every part of that type."""
    numbered = enumerate(content_parts(exchange))
    return tuple((f"{CONTENT}/{at}/text", str(part.get("text"))) for at, part in numbered if part.get("type") == kind)


@check("reasoning.part-first", proves_obeyed=("reasoning_split",))
def test_part_first(exchange: Exchange) -> None:
    """The content of a response whose reasoning is split off is the reasoning, as text, and then the answer."""
    body = expect.answer(exchange)
    expect.equal(expect.member(body, f"{CONTENT}/0/type"), "reasoning", at=f"{CONTENT}/0/type")
    reasoning = expect.member(body, f"{CONTENT}/0/text", str)
    expect.condition(bool(reasoning.strip()), "a text with at least one character", reasoning, at=f"{CONTENT}/0/text")
    if expect.reached_cap(exchange) and len(content_parts(exchange)) == 1:
        raise Undecided("the token cap left no room for text")
    expect.equal(expect.member(body, f"{CONTENT}/1/type"), "output_text", at=f"{CONTENT}/1/type")


@check("reasoning.part-apart")
def test_part_apart(exchange: Exchange) -> None:
    """The text of a response whose reasoning is split off has no tag of thinking and does not repeat it."""
    reasonings = [text.strip() for _, text in texts_of_type(exchange, "reasoning")]
    for at, text in texts_of_type(exchange, "output_text"):
        expect.condition(TAG.search(text) is None, "text without a tag of thinking", text, at=at)
        repeated = any(
            len(reasoning.split()) >= FEWEST_WORDS and text.lstrip().startswith(reasoning) for reasoning in reasonings
        )
        expect.condition(not repeated, "text that does not begin with the reasoning", text, at=at)


@check("reasoning.no-part", proves_obeyed=("reasoning_split",))
def test_no_part(exchange: Exchange) -> None:
    """A response whose reasoning is not split off has no part of its own for it."""
    for at, part in enumerate(content_parts(exchange)):
        expect.equal(part.get("type"), "output_text", at=f"{CONTENT}/{at}/type")


@check("reasoning.part-or-text")
def test_part_or_text(exchange: Exchange) -> None:
    """A response to a request without the split has its reasoning in one place: a part, or tags in the text."""
    apart = len(texts_of_type(exchange, "reasoning"))
    inline = sum(TAG.search(text) is not None for _, text in texts_of_type(exchange, "output_text"))
    expect.condition(apart + inline == 1, "one place", f"{apart} parts and {inline} texts with tags", at=CONTENT)
