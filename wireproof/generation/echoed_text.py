"""Texts that the model must repeat, so that its answer proves that the server passes them on unchanged."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wireproof.generation.generated_request import GeneratedRequest
from wireproof.generation.request_factory import RequestFactory

# Letters only, because a model may drop blanks and marks on its own.
LETTER_CATEGORIES: Collection[Literal["Lu", "Ll", "Lt", "Lo"]] = ("Lu", "Ll", "Lt", "Lo")
MAX_WORD_LETTERS = 8
# Token cap of the answer; a letter outside the vocabulary takes one token per byte.
MAX_WORD_TOKENS = 4 * MAX_WORD_LETTERS + 8


def expected_letters(factory: RequestFactory) -> SearchStrategy[GeneratedRequest] | None:
    """Draws requests to repeat a word with letters of any script; None for endpoints other than chat."""
    if factory.endpoint != "chat":
        return None
    cap = factory.provider.token_cap(factory.endpoint)
    capped = {**factory.smallest_body, **({} if cap is None else {cap: MAX_WORD_TOKENS})}

    def request_for_word(word: str) -> GeneratedRequest:
        body = {**capped, "messages": [{"role": "user", "content": f"Say exactly: {word}"}]}
        return GeneratedRequest(
            factory.request_with_body(body), "/messages/0/content", f"a word of {len(word)} letters"
        )

    alphabet = st.characters(codec="utf-8", categories=LETTER_CATEGORIES)
    return st.text(alphabet, min_size=1, max_size=MAX_WORD_LETTERS).map(request_for_word)
