"""Texts that are to be said again, which a server shows to have been heard as they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.generation.generated_request import Probe
from wireproof.generation.request_factory import Draft

# Letters alone: blanks and marks are what a model drops on its own.
LETTERS: Collection[Literal["Lu", "Ll", "Lt", "Lo"]] = ("Lu", "Ll", "Lt", "Lo")
MOST_LETTERS = 8
# The most tokens of the answer; a letter that no vocabulary has takes one for each byte.
MOST_TOKENS = 4 * MOST_LETTERS + 8


def letters(draft: Draft) -> SearchStrategy[Probe] | None:
    """A word of letters of any script, to be said exactly."""
    if draft.endpoint != "chat":
        return None
    cap = draft.provider.token_cap(draft.endpoint)
    capped = {**draft.body, **({} if cap is None else {cap: MOST_TOKENS})}

    def told(word: str) -> Probe:
        body = {**capped, "messages": [{"role": "user", "content": f"Say exactly: {word}"}]}
        return Probe(draft.ask(body), "/messages/0/content", f"a word of {len(word)} letters")

    alphabet = st.characters(codec="utf-8", categories=LETTERS)
    return st.text(alphabet, min_size=1, max_size=MOST_LETTERS).map(told)
