"""A plain answer that takes long to generate, longer than some proxies wait."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check

GATEWAY_TIMEOUT_STATUSES = frozenset({408, 502, 503, 504, 520, 522, 524})


@check("transport.long-answer", any_answer=True)
def test_long_answer(exchange: Exchange) -> None:
    """A plain answer that takes long to generate arrives whole; otherwise the time until it was cut is reported."""
    expect.complete(exchange)
    seconds = ((exchange.ended_ns or exchange.started_ns) - exchange.started_ns) / 1e9
    if exchange.status not in GATEWAY_TIMEOUT_STATUSES:
        expect.require_no_rate_limit(exchange)
        expect.success(exchange)
    whole = exchange.is_success and exchange.text.strip() != ""
    actual = f"{exchange.status} with {expect.display_text(exchange.text)} after {seconds:.1f} s"
    expect.condition(whole, "a whole answer", actual, where="body")
