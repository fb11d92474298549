"""Tokens of a prompt that were taken from a cache."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, check, find_usage

# The member that details the tokens of a prompt, in a chat and in a response.
DETAILS = ("prompt_tokens_details", "input_tokens_details")


@check("usage.cached")
def test_cached(exchanges: tuple[Exchange, ...]) -> None:
    """A prompt of more than 1,024 tokens that was sent before counts tokens from the cache."""
    for exchange in exchanges:
        expect.answer(exchange)
    usage = find_usage(exchanges[-1])
    found = [details.get("cached_tokens") for name in DETAILS if isinstance(details := usage.get(name), dict)]
    cached = next(iter(found), None)
    expect.condition(isinstance(cached, int) and cached > 0, "at least 1 cached token", cached, at="/usage")
