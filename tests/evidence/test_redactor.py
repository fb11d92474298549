"""Redactor: no form of a secret remains, and each mask is as long as its secret."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.evidence.exchange import BodyRead, Exchange, Request, TransportFailure
from wireproof.evidence.redactor import MASK, Redactor

KEY = "sk-live+/a=b"
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


def forms(secret: str) -> list[str]:
    """The forms in which servers echo a key."""
    return [
        secret,
        base64.b64encode(secret.encode()).decode().rstrip("="),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
    ]


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_every_form_of_a_secret_is_masked_in_text(secret: str, before: str, after: str) -> None:
    for form in forms(secret):
        masked = Redactor.from_secrets([secret]).mask_text(before + form + after)
        assert form not in masked
        assert len(masked) == len(before + form + after)


@given(secrets, st.binary(max_size=20), st.binary(max_size=20))
def test_every_form_of_a_secret_is_masked_in_bytes(secret: str, before: bytes, after: bytes) -> None:
    for form in forms(secret):
        masked = Redactor.from_secrets([secret]).mask_bytes(before + form.encode() + after)
        assert form.encode() not in masked
        assert len(masked) == len(before + form.encode() + after)


def test_text_without_a_secret_is_unchanged() -> None:
    assert Redactor.from_secrets([KEY]).mask_text("nothing to hide") == "nothing to hide"


def test_a_key_that_is_a_prefix_of_another_leaves_no_rest_of_the_longer() -> None:
    redactor = Redactor.from_secrets(["sk-live", "sk-live-second"])
    assert redactor.mask_text("sk-live-second sk-live") == MASK * 14 + " " + MASK * 7


def test_an_empty_key_masks_nothing() -> None:
    assert Redactor.from_secrets([""]).mask_text("abc") == "abc"


@given(secrets, st.data())
def test_a_secret_that_two_reads_share_is_masked(secret: str, data: st.DataObject) -> None:
    body = f'{{"error": "no such key: {secret}"}}'.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    reads = tuple(body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True))
    masked = Redactor.from_secrets([secret]).mask_parts(reads)
    assert secret.encode() not in b"".join(masked)
    assert [len(part) for part in masked] == [len(part) for part in reads]


facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(facts, st.text(min_size=6, max_size=9))
def test_masked_facts_keep_their_shape(fact: Any, secret: str) -> None:
    masked = Redactor.from_secrets([secret]).mask_facts(fact)
    assert shape(masked) == shape(fact)


def shape(fact: Any) -> Any:
    if isinstance(fact, dict):
        return {key: shape(value) for key, value in fact.items()}
    if isinstance(fact, list | tuple):
        return [shape(value) for value in fact]
    return "text" if isinstance(fact, str) else fact


def test_every_text_of_a_fact_is_masked() -> None:
    masked = Redactor.from_secrets([KEY]).mask_facts({"a": [f"x {KEY}", {"b": KEY}], "n": 1})
    assert masked == {"a": ["x " + MASK * len(KEY), {"b": MASK * len(KEY)}], "n": 1}


def event(text: str, index: int = 0) -> bytes:
    return f'data: {{"choices":[{{"index":{index},"delta":{{"content":{json.dumps(text)}}}}}]}}\n\n'.encode()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.data())
def test_a_secret_that_events_of_a_stream_share_is_masked(sizes: list[int], data: st.DataObject) -> None:
    text, pieces = f"so: {KEY}!", []
    while text:
        size = data.draw(st.sampled_from(sizes))
        pieces, text = [*pieces, text[:size]], text[size:]
    body = b"".join(event(piece) + event("other", index=1) for piece in pieces)
    cut = data.draw(st.integers(0, len(body)))
    masked = Redactor.from_secrets([KEY]).mask_parts((body[:cut], body[cut:]))
    said = [json.loads(line[6:]) for line in b"".join(masked).splitlines() if line]
    texts = dict.fromkeys((0, 1), "")
    for value in said:
        texts[value["choices"][0]["index"]] += value["choices"][0]["delta"]["content"]
    assert texts == {0: f"so: {'*' * len(KEY)}!", 1: "other" * len(pieces)}
    assert len(b"".join(masked)) == len(body)


def exchange(
    *parts: bytes, headers: tuple[tuple[bytes, bytes], ...] = (), broken: TransportFailure | None = None
) -> Exchange:
    reads = tuple(BodyRead(at, part) for at, part in enumerate(parts))
    return Exchange("t", "c", "chat", 0, Request("GET", "/"), 200, headers=headers, reads=reads, broken=broken)


def test_a_partial_secret_at_a_cut_edge_is_masked() -> None:
    tail = b"li" + b"\r\n3\r\nve+\r\n9\r\n/a=b and "
    sent = exchange(b"body sk-liv", broken=TransportFailure("reset", "gone", b"e+/a=b, " + b"sk-" + tail))
    kept = Redactor.from_secrets([KEY]).mask_exchange(sent)
    assert kept.body == b"body ******"
    assert kept.broken is not None
    assert kept.broken.evidence == b"******, ***" + b"**\r\n3\r\n***\r\n9\r\n**** and "


def test_a_cookie_is_masked_where_it_is_set_and_a_long_one_everywhere() -> None:
    redactor = Redactor.from_secrets([])
    long, short = b"0123456789abcdef", b"on"
    head = ((b"Set-Cookie", b"s=" + long + b"; Path=/"), (b"set-cookie", b"t=" + short + b"; Secure"))
    kept = redactor.mask_exchange(exchange(b"your " + long + b" is on", headers=head))
    assert kept.headers == ((b"Set-Cookie", b"s=****************; Path=/"), (b"set-cookie", b"t=**; Secure"))
    assert kept.body == b"your **************** is on"
    assert redactor.mask_exchange(exchange(b"again " + long)).body == b"again ****************"


@pytest.mark.parametrize(
    ("coding", "bits"), [pytest.param("gzip", 31, id="gzip"), pytest.param("deflate", 15, id="zlib")]
)
def test_a_secret_inside_a_content_coding_is_masked(coding: str, bits: int) -> None:
    coder = zlib.compressobj(wbits=bits)
    parts = [
        coder.compress(text.encode()) + coder.flush(zlib.Z_SYNC_FLUSH) for text in (f"a {KEY[:5]}", f"{KEY[5:]} b")
    ]
    sent = exchange(*parts, coder.flush(), headers=((b"Content-Encoding", coding.encode()),))
    assert sent.body == f"a {KEY} b".encode()
    kept = Redactor.from_secrets([KEY]).mask_exchange(sent)
    assert kept.body == f"a {'*' * len(KEY)} b".encode()
    assert [len(part) for part in kept.decoded_reads] == [len(part) for part in sent.decoded_reads]
    assert [read.at_ns for read in kept.reads] == [read.at_ns for read in sent.reads]


def test_an_exchange_without_a_secret_is_unchanged() -> None:
    sent = exchange(event("hello"), headers=((b"X", b"y"),))
    assert Redactor.from_secrets([KEY]).mask_exchange(sent) == sent


@given(secrets, st.binary(max_size=4), st.binary(max_size=4))
def test_base64_of_more_than_the_secret_is_masked_except_edge_digits(secret: str, before: bytes, after: bytes) -> None:
    told = base64.b64encode(before + secret.encode() + after).decode()
    masked = Redactor.from_secrets([secret]).mask_text(told)
    hidden = masked.count(MASK)
    assert hidden >= len(secret) * 8 // 6 - 2


@pytest.mark.parametrize("word", ["EMPTY", "none", "1", "true"])
def test_a_short_key_of_local_servers_is_not_masked(word: str) -> None:
    assert Redactor.from_secrets([word]).mask_bytes(f'{{"a": {word}}}'.encode()) == f'{{"a": {word}}}'.encode()
