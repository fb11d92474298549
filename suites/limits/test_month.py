"""The monthly volume of a key, and an outage that ends."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, Violation, check


@check("limits.a-minute-does-not-cure-the-month")
def test_a_minute_does_not_cure_the_month(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A key whose volume of the month is used up is refused for that reason after a minute as before."""
    wanted = provider.refusals["quota-exhausted"]
    for exchange in exchanges:
        expect.refusal(exchange, wanted, provider)


@check("limits.month-asks-for-no-short-wait")
def test_month_asks_for_no_short_wait(exchange: Exchange) -> None:
    """A refusal for the month's volume does not say in Retry-After that a minute is enough."""
    if exchange.is_success:
        raise Inconclusive("the request was not refused")
    value = exchange.header("Retry-After") or ""
    if value.isascii() and value.isdigit() and float(value) <= 60:
        raise Violation("no Retry-After, or one of more than 60 seconds", value, where="header Retry-After")


@check("limits.refused-then-served")
def test_refused_then_served(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A request that was refused for want of volume, or in an outage, is served once the cause is gone."""
    first, last = exchanges[0], exchanges[-1]
    expect.condition(not first.is_success, "a refusal at first", first.status, where="first answer")
    expect.success(last)
