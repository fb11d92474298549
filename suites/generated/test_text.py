"""Texts of any script are heard as they were sent."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize

from wireproof import expect
from wireproof.check import Attempt, Inconclusive, Violation, check

EXACT_ORDER = "Say exactly: "
NORMAL_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
IGNORED_AROUND_TEXT = " \n.\"'"


@check("generated.text-is-kept")
async def test_text_is_kept(attempt: Attempt) -> None:
    """A word that is to be said exactly comes back in the characters it had, not in others of like look or meaning."""
    exchange = await attempt.send()
    expect.success(exchange)
    word, said = (
        expect.request_body(exchange)["messages"][-1]["content"].removeprefix(EXACT_ORDER),
        expect.text(exchange),
    )
    if word in said:
        return
    # A model may say something else; letters are exchanged by whoever stands between it and the client.
    for form in NORMAL_FORMS:
        if said.strip(IGNORED_AROUND_TEXT) == normalize(form, word):
            raise Violation(word, f"{normalize(form, word)}, which is its {form}", where="the text")
    raise Inconclusive("the model said something else")
