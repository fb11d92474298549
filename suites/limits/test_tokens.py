"""The tokens of a minute, beside its requests."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, NotOffered, Provider, check

LONGEST_RESET_S = 86_400.0


def find_header(part: str, provider: Provider) -> str:
    """The header for a part of the token limit. Raises NotOffered if the document names none."""
    name = provider.rate.tokens.get(part)
    if name is None:
        raise NotOffered("the document names no headers for tokens")
    return name


@check("limits.tokens-told", any_answer=True, every_request=True)
def test_tokens_told(exchange: Exchange, provider: Provider) -> None:
    """An answer states the token limit, the remaining tokens, and the duration until the reset."""
    expect.complete(exchange)
    limit = expect.whole_number(exchange, find_header("limit", provider))
    left = expect.whole_number(exchange, find_header("remaining", provider))
    expect.condition(
        left <= limit, f"at most the limit of {limit}", left, where=f"header {find_header('remaining', provider)}"
    )
    name = find_header("reset", provider)
    seconds = expect.header_duration_s(exchange, name)
    expect.condition(seconds <= LONGEST_RESET_S, "a day at most", f"{seconds:g} s", where=f"header {name}")


@check("limits.tokens-count")
def test_tokens_count(exchange: Exchange, provider: Provider) -> None:
    """An answer of a model leaves fewer tokens than the limit."""
    expect.success(exchange)
    limit = expect.header_int(exchange, find_header("limit", provider))
    name = find_header("remaining", provider)
    expect.condition(expect.header_int(exchange, name) < limit, f"less than {limit}", "as many", where=f"header {name}")
