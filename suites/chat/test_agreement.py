"""The token counts of an answer agree with its text, and with those of another answer to the same request."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, check, find_usage


@check("chat.usage-alike")
def test_usage_alike(exchanges: tuple[Exchange, ...]) -> None:
    """The same request counts the same tokens of the prompt each time."""
    counts = []
    for exchange in exchanges:
        expect.success(exchange)
        counts.append(find_usage(exchange).get("prompt_tokens"))
    if not all(isinstance(count, int) for count in counts):
        raise Inconclusive("an answer does not count its prompt")
    expect.condition(len(set(counts)) == 1, "one count", counts, at="/usage/prompt_tokens")


# A tokeniser that splits at blanks first, as those of chat models do, makes one token of a word at least.
@check("chat.usage-text")
def test_usage_text(exchange: Exchange) -> None:
    """An answer counts at least as many tokens as its text has words."""
    text, count = expect.text(exchange), find_usage(exchange).get("completion_tokens")
    if not isinstance(count, int):
        raise Inconclusive("the answer counts no tokens")
    words = len(text.split())
    expect.condition(count >= words, f"at least {words}", count, at="/usage/completion_tokens")
