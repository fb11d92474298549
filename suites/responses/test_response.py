"""The Responses API, not streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wireproof import expect
from wireproof.check import (
    Exchange,
    Inconclusive,
    NotJson,
    Undecided,
    Violation,
    check,
    find_usage,
    json_pointer,
    parse_json,
)

ONE_WORD_ORDER = re.compile(r"[Aa]nswer only with the word (\w+)")


def message_texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Every text of the messages in the output."""
    for at, item in enumerate(expect.member(body, "/output", list)):
        if not isinstance(item, dict) or item.get("type") != "message":
            continue
        for part_at, part in enumerate(expect.member(body, f"/output/{at}/content", list)):
            if isinstance(part, dict) and part.get("type") == "output_text":
                yield expect.member(body, f"/output/{at}/content/{part_at}/text", str)


def response_text(exchange: Exchange) -> str:
    """The text of a response. Raises Undecided if it is cut off before its first word."""
    body = expect.whole_response(exchange)
    found = "".join(message_texts(body))
    if not found:
        expect.undecided_if_cut(exchange)
    return found


@check("responses.text")
def test_text(exchange: Exchange) -> None:
    """A response has a message with text in its output."""
    expect.condition(bool(response_text(exchange).strip()), "text", "nothing", at="/output")


@check("responses.completed")
def test_completed(exchange: Exchange) -> None:
    """A response that ends by itself has the status completed and no error."""
    body = expect.answer(exchange)
    if expect.reached_cap(exchange):
        raise Undecided("the token cap ended the response")
    expect.equal(body.get("status"), "completed", at="/status")
    expect.condition(body.get("error") is None, "no error", body.get("error"), at="/error")


@check("responses.incomplete", proves_obeyed=("max_output_tokens",))
def test_incomplete(exchange: Exchange) -> None:
    """A response that the cap cuts off has the status incomplete and gives the reason."""
    body = expect.answer(exchange)
    count, cap = find_usage(exchange).get("output_tokens"), expect.request_body(exchange)["max_output_tokens"]
    if body.get("status") == "completed" and isinstance(count, int) and count < cap:
        raise Inconclusive(f"the response ended by itself with {count} of {cap} tokens")
    # A cap that the response counts as reached was obeyed; only the status is wrong.
    expect.equal(body.get("status"), "incomplete", at="/status", shows_ignored=isinstance(count, int) and count > cap)
    reason = expect.member(body, "/incomplete_details/reason")
    expect.equal(reason, "max_output_tokens", at="/incomplete_details/reason", shows_ignored=False)


@check("responses.cap", proves_obeyed=("max_output_tokens",))
def test_cap(exchange: Exchange) -> None:
    """A response has no more tokens than the request allows."""
    cap = expect.request_body(exchange)["max_output_tokens"]
    count = expect.member(expect.whole_response(exchange), "/usage/output_tokens", int)
    expect.condition(count <= cap, f"at most {cap}", count, at="/usage/output_tokens")


@check("responses.usage-sum")
def test_usage_sum(exchange: Exchange) -> None:
    """The total of tokens is the sum of input and output."""
    body = expect.answer(exchange)
    counts = [expect.member(body, f"/usage/{name}_tokens", int) for name in ("input", "output")]
    total = expect.member(body, "/usage/total_tokens")
    judged_by = expect.check_for_total(total, counts)
    expect.equal(total, sum(counts), at="/usage/total_tokens", judged_by=judged_by)


@check("responses.fits", proves_obeyed=("text.format",))
def test_fits(exchange: Exchange) -> None:
    """The text of a response by a strict schema is a JSON value that fits the schema."""
    expect.undecided_if_cut(exchange, begins=expect.OBJECT_MARKS)
    text = response_text(exchange)
    try:
        value = parse_json(text)
    except NotJson as error:
        raise Violation("a JSON text", f"{expect.display_text(text)} ({error})", at="/output") from None
    expect.follows_schema(value, expect.request_body(exchange)["text"]["format"]["schema"], at="/output")


@check("responses.obeys", proves_obeyed=("instructions",))
def test_obeys(exchange: Exchange) -> None:
    """The model follows the instructions of the request."""
    found = ONE_WORD_ORDER.search(expect.request_body(exchange)["instructions"])
    word, text = found[1] if found else "", response_text(exchange)
    expect.condition(word.lower() in text.lower(), f"text with {word}", text, at="/output", shows_ignored=False)


@check("responses.heeds", proves_obeyed=("input", "messages"))
def test_heeds(exchange: Exchange) -> None:
    """The model follows the order that stands in the input, or in the messages that take its place."""
    found = ONE_WORD_ORDER.search(exchange.request.body.decode())
    word, text = found[1] if found else "", response_text(exchange)
    expect.condition(word.lower() in text.lower(), f"text with {word}", text, at="/output", shows_ignored=False)


@check("responses.model")
def test_model(exchange: Exchange) -> None:
    """The member model repeats the model that was asked for, or names a dated version of it."""
    expect.same_model(exchange, expect.member(expect.answer(exchange), "/model", str), at="/model")


@check("responses.created")
def test_created(exchange: Exchange) -> None:
    """The member created_at is the second in which the response was made."""
    created = expect.member(expect.answer(exchange), "/created_at", int, float)
    expect.recent(exchange, created, at="/created_at")


@check("responses.usage-details")
def test_usage_details(exchange: Exchange) -> None:
    """No detail of the token counts is larger than the count it belongs to."""
    body = expect.answer(exchange)
    for name, detail in (("input", "cached"), ("output", "reasoning")):
        count = expect.member(body, f"/usage/{name}_tokens", int)
        for at, part in json_pointer.find(body, f"/usage/{name}_tokens_details/{detail}_tokens"):
            expect.condition(isinstance(part, int) and part <= count, f"a number up to {count}", part, at=at)
