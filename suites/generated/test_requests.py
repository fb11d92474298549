"""Generated requests: valid ones are served, broken ones refused, and the server withstands all of them."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Attempt, NotOffered, Provider, check

WHERE_BEHIND = "the request behind it"


@check("generated.accepted")
async def test_accepted(attempt: Attempt) -> None:
    """A request that follows the contract is answered with success and by every rule, whatever its legal values."""
    exchange = await attempt.send()
    attempt.hold_to_rules()
    if attempt.is_honest_refusal_of_option():
        raise NotOffered(f"an optional member was refused with {exchange.status}")
    expect.success(exchange)


@check("generated.refused")
async def test_refused(attempt: Attempt, provider: Provider) -> None:
    """A request that is broken in one place is refused as the contract says of its cause, whatever the value there."""
    exchange = await attempt.send()
    wanted = provider.refusals.get(attempt.expected_refusal or "")
    if wanted is None:
        expect.client_error(exchange)
    else:
        expect.refusal(exchange, wanted, provider)


@check("generated.withstood")
async def test_withstood(attempt: Attempt) -> None:
    """A broken or odd request is answered or refused by every rule, and a proper one is served right after it."""
    exchange = await attempt.send()
    attempt.hold_to_rules()
    if not exchange.is_success:
        expect.client_error(exchange)
    behind = attempt.following_exchange
    actual = f"{behind.status}" if behind is not None else "the broken one never ended"
    expect.condition(
        behind is not None and behind.is_success, "a proper request served right after it", actual, where=WHERE_BEHIND
    )
