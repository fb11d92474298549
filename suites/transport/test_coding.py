"""Content codings that a client requests (RFC 9110 section 8.4)."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, check


def has_requested_coding(exchange: Exchange) -> None:
    """Requires success. Raises Noted if the answer has no coding."""
    expect.complete(exchange)
    expect.require_no_rate_limit(exchange)
    expect.success(exchange)
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    if coding == "identity":
        raise Noted("the answer has no coding although one was requested")


@check("transport.coding-whole", any_answer=True)
def test_coding_whole(exchange: Exchange) -> None:
    """A body in a coding is one whole text of that coding."""
    has_requested_coding(exchange)
    named = (exchange.header("content-encoding") or "").strip().lower()
    expect.condition(
        exchange.is_coding_complete, f"one whole {named} text", expect.display_text(exchange.text), where="body"
    )


@check("transport.coding-same", any_answer=True)
def test_coding_same(plain: Exchange, coded_answer: Exchange) -> None:
    """A compressed answer decodes to the content of the plain answer."""
    has_requested_coding(coded_answer)
    expect.complete(plain)
    if not plain.is_success:
        raise Inconclusive(f"the request without a coding was refused with {plain.status}")
    coded_body, plain_body = expect.json_body(coded_answer), expect.json_body(plain)
    expect.condition(
        json_shape(coded_body) == json_shape(plain_body),
        expect.display_text(json_shape(plain_body)),
        expect.display_text(json_shape(coded_body)),
        where="body",
    )


def json_shape(value: object) -> object:
    """The members of a JSON value and the types of their values, which two answers to one request share."""
    if isinstance(value, dict):
        return {name: json_shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [json_shape(item) for item in value]
    return type(value).__name__
