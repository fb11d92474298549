"""The forms of a message: a text as one string and as parts, in each role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Undecided, check

ONE_WORD_ORDER = re.compile(r"[Aa]nswer only\s+with the word (\w+)")
EXACT_ORDER = re.compile(r"Say exactly:\s*(.+)", re.S)
NUMBER = re.compile(r"\d+")
TEXT_MEMBERS = ("content", "output")


def message_texts(exchange: Exchange) -> Iterator[str]:
    """Yields the text of each message or item of a request, its parts joined."""
    body = expect.request_body(exchange)
    for message in body.get("messages") or body.get("input") or ():
        for name in TEXT_MEMBERS:
            if name in message:
                yield part_text(message[name])


def part_text(content: Any) -> str:
    """The text of a content, which is a string or an array of parts."""
    parts = content if isinstance(content, list) else [{"text": content}]
    return " ".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def wanted_word(exchange: Exchange) -> str:
    """The word, the text or the number that shows in an answer that the messages of its request arrived."""
    texts = list(message_texts(exchange))
    for pattern in (ONE_WORD_ORDER, EXACT_ORDER):
        found = [match[1].strip() for text in texts if (match := pattern.search(text))]
        if found:
            return found[-1]
    return str(NUMBER.findall(" ".join(texts))[-1])


@check("chat.parts-arrive")
def test_parts_arrive(text: Exchange, parts: Exchange) -> None:
    """A message whose text comes in parts arrives, in whatever role, if one whose text is a string does."""
    for exchange in (parts, text):
        expect.success(exchange)
    wanted, found = wanted_word(parts), expect.given_answer(parts).text
    if wanted.lower() in found.lower():
        return
    if wanted_word(text).lower() not in expect.given_answer(text).text.lower():
        raise Undecided("the model does not say the word that shows that a message arrived")
    if wanted != wanted_word(text) and found == expect.given_answer(text).text:
        raise Undecided("the model says the same to another order")
    if expect.given_answer(parts).calls or not found.strip():
        expect.undecided_if_cut(parts)
        raise Undecided("the model does something else")
    expect.condition(False, f"text with {wanted}, as with a text in place of parts", found, where="text")
