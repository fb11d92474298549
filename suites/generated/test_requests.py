"""Requests that nobody writes by hand: proper ones are served, broken ones refused, and all of them withstood."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Attempt, NotOffered, Provider, Violation, check


@check("generated.accepted")
async def test_accepted(attempt: Attempt) -> None:
    """A request that keeps to the contract is answered with success and by every rule, whatever its legal values."""
    exchange = await attempt.send()
    attempt.follows_the_rules()
    if attempt.declined():
        raise NotOffered(f"an optional member was refused with {exchange.status}")
    expect.success(exchange)


@check("generated.refused")
async def test_refused(attempt: Attempt, provider: Provider) -> None:
    """A request that is broken in one place is refused as the contract says of its cause, whatever the value there."""
    exchange, _ = await attempt.send_before_a_proper_one()
    wanted = provider.refusals.get(attempt.refused or "")
    if wanted is None:
        expect.refused_somehow(exchange)
    else:
        expect.refusal(exchange, wanted, provider)


@check("generated.withstood")
async def test_withstood(attempt: Attempt) -> None:
    """A broken or odd request is answered or refused by every rule, and a proper one is served right after it."""
    exchange, following = await attempt.send_before_a_proper_one()
    attempt.follows_the_rules()
    if not exchange.answered:
        expect.refused_somehow(exchange)
    if following is None:
        raise Violation(
            "an end of the answer", f"{exchange.broken.detail if exchange.broken else 'none'}", where="answer"
        )
    if not following.answered:
        raise Violation("a proper request served right after it", f"{following.status}", where="the request behind it")
