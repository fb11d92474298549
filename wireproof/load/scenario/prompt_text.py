"""Text of a given length: each word is short and common, one token in nearly every vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from random import Random

PROMPT_WORDS_TEXT = """
the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were
when we can said an each she do how if will up out many then them so some her make like him into time has two more no
way my than call who its now find long down day did get come made may part over
"""
PROMPT_WORDS = PROMPT_WORDS_TEXT.split()
NUMBER_WORD_COUNT = 4
# The tokens of one id in a Mooncake trace.
TOKENS_PER_BLOCK = 512
# The words from which prompts are cut, each at a place of its own.
PROSE_WORD_COUNT = 32768


def make_prompt(tokens: int, number: int) -> str:
    """Makes a prompt of as many words; the first four encode the number, so that no two prompts begin alike."""
    words = _number_words(number)
    rest = max(0, tokens - NUMBER_WORD_COUNT)
    return " ".join(words[:tokens] + _prose_words(rest, number))


def make_prompt_from_blocks(ids: Sequence[int], tokens: int) -> str:
    """Makes a prompt of as many words in blocks; prompts with the same first ids share the words of these blocks."""
    words: list[str] = []
    for block_id in ids:
        words += _block_words(block_id)
    missing = tokens - len(words)
    return " ".join(words[:tokens] if missing <= 0 else words + _prose_words(missing, len(words)))


def _number_words(number: int) -> list[str]:
    size = len(PROMPT_WORDS)
    return [PROMPT_WORDS[number // size**place % size] for place in range(NUMBER_WORD_COUNT)]


def _prose_words(count: int, number: int) -> list[str]:
    start = number * 7919 % PROSE_WORD_COUNT
    words = _doubled_prose()[start : start + min(count, PROSE_WORD_COUNT)]
    return words if len(words) == count else words + _prose_words(count - len(words), number + 1)


@cache
def _doubled_prose() -> list[str]:
    """The words twice, so that any place in them has enough after it."""
    return Random("prose").choices(PROMPT_WORDS, k=PROSE_WORD_COUNT) * 2


@lru_cache(maxsize=4096)
def _block_words(block_id: int) -> list[str]:
    return _number_words(block_id) + _prose_words(TOKENS_PER_BLOCK - NUMBER_WORD_COUNT, block_id)
