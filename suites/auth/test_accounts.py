"""Accounts: what one key stored is unknown to the key of another account."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check


@check("auth.stored-apart")
def test_stored_apart(exchanges: tuple[Exchange, ...]) -> None:
    """The key of another account is neither shown what a key stored, nor deletes or continues it."""
    *stored, foreign = exchanges
    for exchange in stored:
        expect.answer(exchange)
    expect.require_no_rate_limit(foreign)
    if foreign.status == 401:
        raise Inconclusive("the key of the other account was refused")
    expect.client_error(foreign)
