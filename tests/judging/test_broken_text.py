"""A text that a server broke is told from one that a model chose otherwise."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.judging.broken_text import broken_form

WHOLE = 'ha ha ha ha 1833 1833 no noo nooo\n    if x == 11:\n\n        return {"a": {}}\n東京東京 naïve 🚀🚀'
PIECES = re.findall(r" ?\w{1,4}| +|\n+|[^\w\s]", WHOLE)
BROKEN = {
    "each piece twice": "".join(piece * 2 for piece in PIECES),
    "the whole twice": WHOLE * 2,
    "the whole twice, apart": f"{WHOLE}\n\n{WHOLE}",
    "growing": "".join("".join(PIECES[:end]) for end in range(1, len(PIECES) + 1)),
    "every fifth piece lost": "".join(piece for at, piece in enumerate(PIECES) if at % 5),
    "blanks lost": "".join(WHOLE.split()),
    "newlines lost": WHOLE.replace("\n", ""),
    "the end lost": WHOLE[:40],
    "the start lost": WHOLE[9:],
    "halves swapped": WHOLE[40:] + WHOLE[:40],
    "escaped as HTML": html.escape(WHOLE),
    "escaped twice": WHOLE.replace("\n", "\\n").replace('"', '\\"'),
    "encoded twice": WHOLE.encode().decode("latin-1"),
}
OTHERWISE = {
    "whole": WHOLE,
    "with a greeting": f"Sure! Here it is:\n{WHOLE}",
    "with a question behind it": f"{WHOLE}\n\nIs there anything else?",
    "quoted": f'"{WHOLE}"',
    "fenced": f"```\n{WHOLE}\n```",
    "in other words": "I am laughing: ha, ha! The number is 1833, and Tokyo is nice.",
    "declined": "I cannot repeat that text.",
    "nothing": "",
    "one word of it": "ha",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_text_is_told_as_broken(text: str) -> None:
    assert broken_form(text, WHOLE)


@pytest.mark.parametrize("text", OTHERWISE.values(), ids=OTHERWISE)
def test_a_text_of_the_model_is_not(text: str) -> None:
    assert broken_form(text, WHOLE) is None


@given(st.text(), st.text())
def test_the_whole_among_other_words_is_not_broken_by_itself(before: str, after: str) -> None:
    strange = [f"§{part}§" if part.strip() else "" for part in (before, after)]
    assert broken_form(strange[0] + WHOLE + strange[1], WHOLE) is None or WHOLE in before + after
