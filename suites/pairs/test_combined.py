"""Features that a request combines: what each promises holds beside every other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, NotJson, Undecided, check, parse_json

ORDER = re.compile(r"\bexactly:\s*\W*(\w+)")


def ordered_words(request: Any) -> Iterator[str]:
    """Yields the first word of each text that a request tells the model to say, wherever the order stands."""
    if isinstance(request, str):
        yield from (match.lower() for match in ORDER.findall(request))
    for inner in request.values() if isinstance(request, dict) else request if isinstance(request, list) else ():
        yield from ordered_words(inner)


def given_texts(exchange: Exchange) -> tuple[str, ...]:
    """The text of each choice. Raises Undecided if the answer is cut off before its first word, or declined."""
    expect.success(exchange)
    given = expect.given_answer(exchange)
    if given.refusals:
        raise Undecided("the model declined")
    if not all(text.strip() for text in given.texts):
        expect.undecided_if_cut(exchange)
    expect.condition(bool(given.texts), "a text", "none", where="body")
    return given.texts


@check("pairs.order")
def test_order(exchange: Exchange) -> None:
    """Each text of an answer begins what the request tells the model to say, whatever else the request has."""
    words = sorted(set(ordered_words(expect.request_body(exchange))))
    for at, text in enumerate(given_texts(exchange)):
        said = any(word in text.lower() for word in words)
        if not said:
            expect.undecided_if_cut(exchange)
        expect.condition(said, f"text with {' or '.join(words)}", text or "nothing", where=f"text {at}")


@check("pairs.object")
def test_object(exchange: Exchange) -> None:
    """In JSON mode each text of an answer is one JSON object and nothing else, whatever else the request has."""
    texts = given_texts(exchange)
    expect.undecided_if_cut(exchange, begins=expect.OBJECT_MARKS)
    for at, text in enumerate(texts):
        try:
            is_object = isinstance(parse_json(text), dict)
        except NotJson:
            is_object = False
        expect.condition(is_object, "a JSON object", text or "nothing", where=f"text {at}")
