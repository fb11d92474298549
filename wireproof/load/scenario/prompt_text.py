"""Text of a given length: each word is short and common, one token to nearly every vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from random import Random

TEXT = """
the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were
when we can said an each she do how if will up out many then them so some her make like him into time has two more no
way my than call who its now find long down day did get come made may part over
"""
WORDS = TEXT.split()
NUMBERED = 4
# The tokens that one id of a Mooncake trace stands for.
BLOCK = 512
# A prompt is cut out of this many words, at a place of its own.
LONG = 32768


def text(tokens: int, number: int) -> str:
    """So many words; the first four tell the number, so that no two prompts begin alike."""
    words = _numbered(number)
    rest = max(0, tokens - NUMBERED)
    return " ".join(words[:tokens] + _prose(rest, number))


def blocks(ids: Sequence[int], tokens: int) -> str:
    """So many words in blocks; prompts whose first ids are the same begin alike to the end of these blocks."""
    words: list[str] = []
    for one in ids:
        words += _block(one)
    missing = tokens - len(words)
    return " ".join(words[:tokens] if missing <= 0 else words + _prose(missing, len(words)))


def _numbered(number: int) -> list[str]:
    size = len(WORDS)
    return [WORDS[number // size**place % size] for place in range(NUMBERED)]


def _prose(count: int, number: int) -> list[str]:
    start = number * 7919 % LONG
    found = _twice()[start : start + min(count, LONG)]
    return found if len(found) == count else found + _prose(count - len(found), number + 1)


@cache
def _twice() -> list[str]:
    """The words, and once more, so that any place in them has enough behind it."""
    return Random("prose").choices(WORDS, k=LONG) * 2


@lru_cache(maxsize=4096)
def _block(one: int) -> list[str]:
    return _numbered(one) + _prose(BLOCK - NUMBERED, one)
