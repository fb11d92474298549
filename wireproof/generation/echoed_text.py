"""Texts that are to be said again, which a server shows to have been heard as they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory

# Letters alone: blanks and marks are what a model drops on its own.
LETTER_CATEGORIES: Collection[Literal["Lu", "Ll", "Lt", "Lo"]] = ("Lu", "Ll", "Lt", "Lo")
MAX_WORD_LETTERS = 8
# The most tokens of the answer; a letter that no vocabulary has takes one for each byte.
MAX_WORD_TOKENS = 4 * MAX_WORD_LETTERS + 8


def expected_letters(draft: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """A word of letters of any script, to be said exactly."""
    if draft.endpoint != "chat":
        return None
    cap = draft.provider.token_cap(draft.endpoint)
    capped = {**draft.smallest_body, **({} if cap is None else {cap: MAX_WORD_TOKENS})}

    def request_for_word(word: str) -> GeneratedRequest:
        body = {**capped, "messages": [{"role": "user", "content": f"Say exactly: {word}"}]}
        return GeneratedRequest(draft.request_with_body(body), "/messages/0/content", f"a word of {len(word)} letters")

    alphabet = st.characters(codec="utf-8", categories=LETTER_CATEGORIES)
    return st.text(alphabet, min_size=1, max_size=MAX_WORD_LETTERS).map(request_for_word)
