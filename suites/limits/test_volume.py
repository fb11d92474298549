"""The end of a volume, of a month or a day: its last request is served, and its refusal has a cause of its own."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Provider, check


@check("limits.the-last-is-served")
def test_the_last_is_served(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """The last request of a volume is answered, and the one after it is refused for want of volume."""
    last, beyond = exchanges
    expect.success(last)
    expect.refusal(beyond, provider.refusals["quota-exhausted"], provider)


@check("limits.told-apart", any_answer=True)
def test_told_apart(one: Exchange, other: Exchange, provider: Provider) -> None:
    """Two refusals whose causes need different cures differ in their status or in their code."""
    for exchange in (one, other):
        if exchange.status is None or exchange.is_success:
            raise Inconclusive("a request was not refused")
    causes = [
        (exchange.status, sorted(code for _, code in expect.codes(exchange, provider))) for exchange in (one, other)
    ]
    expect.condition(
        causes[0] != causes[1], "another status or code", f"twice {causes[0]}", where="status line and body"
    )
