"""The ways in which a client may send a body (RFC 9112 section 7.1, RFC 9110 section 10.1.1)."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Noted, check

LENGTH_REQUIRED, EXPECTATION_FAILED = 411, 417


@check("transport.chunked-request", any_answer=True)
def test_chunked_request(exchange: Exchange) -> None:
    """A body that comes in chunks is read like one whose length is stated."""
    expect.complete(exchange)
    if exchange.status == LENGTH_REQUIRED:
        raise Noted("a body without a stated length is refused with 411, which RFC 9110 allows")
    expect.require_no_rate_limit(exchange)
    actual = f"{exchange.status} with {expect.display_text(exchange.text)}"
    expect.condition(exchange.is_success, "a status of success (2xx)", actual, where="status line")


@check("transport.continues", any_answer=True)
def test_continues(exchange: Exchange) -> None:
    """A client that sends `Expect: 100-continue` gets 100 Continue, or its final answer at once."""
    expect.complete(exchange)
    if exchange.status == EXPECTATION_FAILED:
        raise Inconclusive("the expectation was refused")
    continues = 100 in exchange.interim or not exchange.is_success
    expect.condition(
        continues, "100 Continue before the body is sent", "nothing until it was sent", where="interim answer"
    )
