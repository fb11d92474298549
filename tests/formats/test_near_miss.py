"""Near misses of mistyped words."""

from __future__ import annotations

from wireproof.formats.near_miss import did_you_mean, near_misses


def test_the_likeliest_word_comes_first_and_case_does_not_matter() -> None:
    assert near_misses("STREM", ["chat", "steps", "stream"])[0] == "stream"
    assert did_you_mean("acme-caht", ["Acme-Chat"]) == "did you mean Acme-Chat?"


def test_nothing_like_it_is_answered_with_the_other_text() -> None:
    assert did_you_mean("zzz", ["chat"], "see the list") == "see the list"
