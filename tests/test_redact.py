"""A key never survives, whatever form it takes, and what hides it is as long as it was."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from wireproof.redact import MASK, Redactor

KEY = "sk-live+/a=b"
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


def forms(secret: str) -> list[str]:
    """The forms in which servers hand a key back."""
    return [
        secret,
        base64.b64encode(secret.encode()).decode().rstrip("="),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
    ]


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_no_form_of_a_secret_survives_in_text(secret: str, before: str, after: str) -> None:
    for form in forms(secret):
        masked = Redactor.of([secret]).text(before + form + after)
        assert form not in masked
        assert len(masked) == len(before + form + after)


@given(secrets, st.binary(max_size=20), st.binary(max_size=20))
def test_no_form_of_a_secret_survives_in_bytes(secret: str, before: bytes, after: bytes) -> None:
    for form in forms(secret):
        masked = Redactor.of([secret]).data(before + form.encode() + after)
        assert form.encode() not in masked
        assert len(masked) == len(before + form.encode() + after)


def test_text_without_a_secret_stays_as_it_is() -> None:
    assert Redactor.of([KEY]).text("nothing to hide") == "nothing to hide"


def test_a_key_that_is_the_start_of_another_leaves_nothing_of_the_longer() -> None:
    redactor = Redactor.of(["sk-live", "sk-live-second"])
    assert redactor.text("sk-live-second sk-live") == MASK * 14 + " " + MASK * 7


def test_an_empty_key_hides_nothing() -> None:
    assert Redactor.of([""]).text("abc") == "abc"


@given(secrets, st.data())
def test_a_secret_that_two_reads_share_does_not_survive(secret: str, data: st.DataObject) -> None:
    body = f'{{"error": "no such key: {secret}"}}'.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    reads = tuple(body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True))
    masked = Redactor.of([secret]).parts(reads)
    assert secret.encode() not in b"".join(masked)
    assert [len(part) for part in masked] == [len(part) for part in reads]


facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(facts, st.text(min_size=6, max_size=9))
def test_facts_keep_their_shape_whatever_the_key_is(fact: Any, secret: str) -> None:
    masked = Redactor.of([secret]).facts(fact)
    assert shape(masked) == shape(fact)


def shape(fact: Any) -> Any:
    if isinstance(fact, dict):
        return {key: shape(value) for key, value in fact.items()}
    if isinstance(fact, list | tuple):
        return [shape(value) for value in fact]
    return "text" if isinstance(fact, str) else fact


def test_every_text_of_a_fact_is_masked() -> None:
    masked = Redactor.of([KEY]).facts({"a": [f"x {KEY}", {"b": KEY}], "n": 1})
    assert masked == {"a": ["x " + MASK * len(KEY), {"b": MASK * len(KEY)}], "n": 1}
