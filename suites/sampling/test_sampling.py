"""Sampling: randomness of the text, and tokens that a request forbids or forces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Inconclusive, Violation, check, find_usage, json_pointer

# The place of the text in a chat, a completion and a response.
TEXT_PLACES = ("/choices/0/message/content", "/choices/0/text", "/output/*/content/*/text")
# After so many repetitions a penalty of two suppresses the word.
WORDS_BEFORE_PENALTY = 30


def answer_text(exchange: Exchange) -> str:
    """The text of an answer of any endpoint."""
    body = expect.answer(exchange)
    found = [text for place in TEXT_PLACES for _, text in json_pointer.find(body, place) if isinstance(text, str)]
    expect.condition(bool(found), "text", body, where="body")
    return "".join(found)


def answer_texts(exchanges: tuple[Exchange, ...]) -> list[str]:
    """The texts of several answers. Raises Violation if none has any."""
    texts = [answer_text(exchange) for exchange in exchanges]
    if not any(texts):
        for exchange in exchanges:
            expect.undecided_if_cut(exchange)
        expect.condition(False, "text", "nothing", where="text", judged_by="chat.content")
    return texts


@check("sampling.steady", proves_obeyed=("temperature", "top_p", "seed"))
def test_steady(exchanges: tuple[Exchange, ...]) -> None:
    """The same request gets the same text where its temperature is 0, its nucleus is of one token, or it has a seed."""
    texts = answer_texts(exchanges)
    expect.condition(len(set(texts)) == 1, "the same text each time", texts, where="text")


@check("sampling.varied", proves_obeyed=("temperature",))
def test_varied(exchanges: tuple[Exchange, ...]) -> None:
    """The same request gets different texts now and then if its temperature is above 0, which is the default."""
    texts = answer_texts(exchanges)
    expect.condition(len(set(texts)) > 1, "more than one text", texts, where="text")


@check("sampling.biased", proves_obeyed=("logit_bias",))
def test_biased(exchange: Exchange) -> None:
    """A bias of 100 for one token leaves no other: the text is one piece said over and over."""
    text = answer_text(exchange)
    again = any(text[size:] == text[:-size] for size in range(1, len(text) // 2 + 1))
    expect.condition(again, "one piece said over and over", text, where="text")


@check("sampling.damped", proves_obeyed=("frequency_penalty",))
def test_damped(plain: Exchange, damped: Exchange) -> None:
    """Under the highest frequency penalty a word that is to be said over and over is said less often than without."""
    word = re.search(r"the word (\w+)", plain.request.body.decode())
    assert word is not None
    plain_count, damped_count = (
        len(re.findall(rf"\b{word[1]}\b", answer_text(exchange), re.IGNORECASE)) for exchange in (plain, damped)
    )
    if plain_count < WORDS_BEFORE_PENALTY:
        raise Inconclusive(f"without a penalty the word is said {plain_count} times, too few to tell")
    expect.condition(
        damped_count < plain_count, f"fewer than {plain_count} times the word {word[1]}", damped_count, where="text"
    )


@check("sampling.verbosity", proves_obeyed=("verbosity", "text.verbosity"))
def test_verbosity(low: Exchange, high: Exchange) -> None:
    """A question is answered in fewer words where little verbosity is asked for than where much is."""
    short, long = (len(answer_text(exchange).split()) for exchange in (low, high))
    expect.condition(short < long, f"fewer than {long} words", short, where="text")


@check("sampling.effort", proves_obeyed=("reasoning_effort", "reasoning.effort"))
def test_effort(low: Exchange, high: Exchange) -> None:
    """A model uses fewer reasoning tokens with little effort than with much."""
    less, more = reasoning_tokens(low), reasoning_tokens(high)
    expect.condition(less < more, f"fewer than {more} tokens of reasoning", less, where="usage")


def reasoning_tokens(exchange: Exchange) -> int:
    """The tokens of reasoning that an answer counts."""
    expect.success(exchange)
    usage: Mapping[str, Any] = find_usage(exchange)
    details = (usage.get(f"{name}_tokens_details") for name in ("completion", "output"))
    count = next((detail.get("reasoning_tokens") for detail in details if isinstance(detail, dict)), None)
    if not isinstance(count, int):
        raise Violation("a count of the tokens of reasoning", expect.display_text(usage), where="usage")
    return count


@check("sampling.tier", proves_obeyed=("service_tier",))
def test_tier(exchange: Exchange) -> None:
    """An answer names the tier that served it, which is the one that the request asked for."""
    tier = expect.request_body(exchange)["service_tier"]
    expect.equal(expect.member(expect.answer(exchange), "/service_tier", str), tier, at="/service_tier")
