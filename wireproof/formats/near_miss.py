"""Words that a mistyped word may mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# The share of common letters from which on a word counts as a likely meaning.
LEAST_LIKENESS = 0.6
MOST_SUGGESTED = 3


def near_misses(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like the given one, the likeliest first; upper and lower case are alike."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower), n=MOST_SUGGESTED, cutoff=LEAST_LIKENESS)
    return [by_lower[name] for name in near]


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The question for the likely meanings of a word; the other text if no known word is like it."""
    near = near_misses(word, known)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
