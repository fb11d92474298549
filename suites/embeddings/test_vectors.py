"""Embeddings: one vector for each text, in order, and equal vectors for every form of the request."""

from __future__ import annotations

import base64
import binascii
import math
import struct
import sys
from typing import Any

from wireproof import expect
from wireproof.check import Exchange, Violation, check

# Two runs of one model may differ in the last bits; vectors of different texts are far below this.
SAME_DIRECTION = 0.999
# The tokens of a text have nearly its vector; the same numbers in another vocabulary have an unrelated one.
RELATED_TEXTS = 0.9
LARGEST_FLOAT = sys.float_info.max


def vectors(exchange: Exchange) -> tuple[tuple[float, ...], ...]:
    """The vectors of an answer in their order, decoded from numbers or from base64."""
    body = expect.answer(exchange)
    try:
        count = len(expect.member(body, "/data", list))
        expect.condition(count > 0, "at least one vector", body["data"], at="/data")
        return tuple(_parse_vector(expect.member(body, f"/data/{n}/embedding", list, str), n) for n in range(count))
    except Violation as violation:
        violation.judged_by = "embeddings.finite-vectors"
        raise


def _parse_vector(encoded: Any, position: int) -> tuple[float, ...]:
    at = f"/data/{position}/embedding"
    values = _decode_floats(encoded, at) if isinstance(encoded, str) else encoded
    for n, value in enumerate(values):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        expect.condition(number and abs(value) <= LARGEST_FLOAT, "a finite number", value, at=f"{at}/{n}")
    expect.condition(any(values), "at least one number that is not zero", encoded, at=at)
    return tuple(float(value) for value in values)


def _decode_floats(text: str, at: str) -> tuple[float, ...]:
    """Decodes base64 of 32-bit floats, little-endian."""
    try:
        raw = base64.b64decode(text, validate=True)
        return struct.unpack(f"<{len(raw) // 4}f", raw)
    except (binascii.Error, struct.error, ValueError):
        raise Violation("base64 of 32-bit floats", expect.display_text(text), at=at) from None


def cosine(left: tuple[float, ...], right: tuple[float, ...]) -> float:
    """The cosine of the angle between two vectors of one length, from -1 to 1."""
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    lengths = math.hypot(*left) * math.hypot(*right)
    # The product of two tiny lengths may be too small for a float.
    return dot / lengths if lengths else 0.0


def _have_same_direction(left: tuple[float, ...], right: tuple[float, ...], where: str) -> None:
    expect.condition(len(left) == len(right), f"{len(left)} numbers", f"{len(right)}", where=where)
    similarity = cosine(left, right)
    expect.condition(similarity > SAME_DIRECTION, f"a cosine above {SAME_DIRECTION}", round(similarity, 6), where=where)


@check("embeddings.one-vector-each", proves_obeyed=("input",))
def test_one_vector_each(exchange: Exchange) -> None:
    """The answer has one vector for each text of the request."""
    given = expect.request_body(exchange)["input"]
    texts = len(given) if isinstance(given, list) and not isinstance(given[0], int) else 1
    count = len(vectors(exchange))
    expect.condition(count == texts, f"{texts} vectors", f"{count}", at="/data")


@check("embeddings.indexes")
def test_indexes(exchange: Exchange) -> None:
    """The entries of the answer are numbered from zero in the order of the texts."""
    body = expect.answer(exchange)
    for n in range(len(expect.member(body, "/data", list))):
        expect.equal(expect.member(body, f"/data/{n}/index", int), n, at=f"/data/{n}/index")


@check("embeddings.finite-vectors")
def test_finite_vectors(exchange: Exchange) -> None:
    """Every vector has only finite numbers, and not only zeros."""
    vectors(exchange)


@check("embeddings.equal-lengths")
def test_equal_lengths(exchange: Exchange) -> None:
    """All vectors of one answer have the same length."""
    lengths = sorted({len(vector) for vector in vectors(exchange)})
    expect.condition(len(lengths) == 1, "one length", lengths, at="/data")


@check("embeddings.batch-equals-single")
def test_batch_equals_single(single: Exchange, batch: Exchange) -> None:
    """A text has the same vector alone and among others, and a different text has a different one."""
    alone, together = vectors(single)[0], vectors(batch)
    texts = expect.request_body(batch)["input"]
    expect.condition(
        len(together) == len(texts),
        f"{len(texts)} vectors",
        f"{len(together)}",
        at="/data",
        judged_by="embeddings.one-vector-each",
    )
    wanted = expect.request_body(single)["input"]
    for n, (text, vector) in enumerate(zip(texts, together, strict=True)):
        if text == wanted:
            _have_same_direction(alone, vector, f"/data/{n}/embedding")
        elif len(vector) == len(alone) and cosine(alone, vector) > SAME_DIRECTION:
            raise Violation("a vector of its own for another text", f"that of {wanted!r}", at=f"/data/{n}/embedding")


@check("embeddings.array-of-one")
def test_array_of_one(text: Exchange, array: Exchange) -> None:
    """A text has the same vector whether it is sent alone or as an array of one."""
    _have_same_direction(vectors(text)[0], vectors(array)[0], "/data/0/embedding")


@check("embeddings.base64-agrees")
def test_base64_agrees(plain: Exchange, packed: Exchange) -> None:
    """A vector asked for as base64 comes as base64 or as numbers, and is the vector of the plain request."""
    _have_same_direction(vectors(plain)[0], vectors(packed)[0], "/data/0/embedding")


@check("embeddings.base64-is-text", proves_obeyed=("encoding_format",))
def test_base64_is_text(exchange: Exchange) -> None:
    """A vector asked for as base64 is a text, as clients expect that read no other form."""
    expect.member(expect.answer(exchange), "/data/0/embedding", str)


@check("embeddings.float-is-numbers", proves_obeyed=("encoding_format",))
def test_float_is_numbers(exchange: Exchange) -> None:
    """A vector asked for as float is an array of numbers."""
    expect.member(expect.answer(exchange), "/data/0/embedding", list)
    vectors(exchange)


@check("embeddings.default-is-numbers")
def test_default_is_numbers(exchange: Exchange) -> None:
    """A vector whose encoding is not asked for is an array of numbers."""
    expect.member(expect.answer(exchange), "/data/0/embedding", list)


@check("embeddings.dimensions", proves_obeyed=("dimensions",))
def test_dimensions(exchange: Exchange) -> None:
    """A vector has as many numbers as the request asks for."""
    wanted = expect.request_body(exchange)["dimensions"]
    length = len(vectors(exchange)[0])
    expect.condition(length == wanted, f"{wanted} numbers", f"{length}", at="/data/0/embedding")


@check("embeddings.usage")
def test_usage(exchange: Exchange) -> None:
    """An answer counts at least one prompt token, and in total as many, since it has no others."""
    body = expect.answer(exchange)
    prompt, total = (expect.member(body, f"/usage/{name}", int) for name in ("prompt_tokens", "total_tokens"))
    expect.condition(prompt >= 1, "at least 1", prompt, at="/usage/prompt_tokens")
    judged_by = expect.check_for_total(total, [prompt])
    expect.equal(total, prompt, at="/usage/total_tokens", judged_by=judged_by)


@check("embeddings.model-echoed")
def test_model_echoed(exchange: Exchange) -> None:
    """An answer names the requested model."""
    expect.equal(
        expect.member(expect.answer(exchange), "/model", str),
        expect.request_body(exchange)["model"],
        at="/model",
    )


@check("embeddings.empty-alike")
def test_empty_alike(alone: Exchange, among: Exchange) -> None:
    """A text without a character is answered, or refused, alike alone and among others."""
    words = {True: "an answer", False: "a refusal"}
    expect.condition(
        among.is_success == alone.is_success, words[alone.is_success], words[among.is_success], where="status line"
    )


@check("embeddings.tokens-agree")
def test_tokens_agree(text: Exchange, tokens: Exchange) -> None:
    """A text given as tokens has the vector of the text, or is refused."""
    from_text, from_tokens = vectors(text)[0], vectors(tokens)[0]
    expect.condition(
        len(from_text) == len(from_tokens), f"{len(from_text)} numbers", f"{len(from_tokens)}", at="/data/0/embedding"
    )
    similarity = cosine(from_text, from_tokens)
    expect.condition(
        similarity > RELATED_TEXTS, f"a cosine above {RELATED_TEXTS}", round(similarity, 3), at="/data/0/embedding"
    )
