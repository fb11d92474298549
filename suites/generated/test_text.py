"""Texts of any script arrive unchanged."""

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
    """A word that the model has to repeat comes back in the same characters, not in similar ones."""
    exchange = await attempt.send()
    expect.success(exchange)
    requested, text = (
        expect.request_body(exchange)["messages"][-1]["content"].removeprefix(EXACT_ORDER),
        expect.text(exchange),
    )
    if requested in text:
        return
    # A model may say something else; only a server or a proxy exchanges characters.
    for form in NORMAL_FORMS:
        if text.strip(IGNORED_AROUND_TEXT) == normalize(form, requested):
            raise Violation(requested, f"{normalize(form, requested)}, which is its {form}", where="the text")
    raise Inconclusive("the model said something else")
