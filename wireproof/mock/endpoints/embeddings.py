"""Embeddings: unit vectors drawn from the text."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from functools import lru_cache
from typing import Any

from wireproof.mock.endpoints.request_context import RequestContext, check_context_length, find_model
from wireproof.mock.model.tokenizer import count_tokens
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.provider import body_validation
from wireproof.mock.provider.body_validation import JsonObject, is_integer, out_of_range, wrong_type
from wireproof.mock.provider.model_entry import Model

MAX_EMBEDDING_INPUTS = 2048
# What the tokens of cl100k_base say, the vocabulary of OpenAI's models for embeddings; others are only numbers here.
KNOWN_TOKEN_TEXTS = {(15339, 1917): "hello world"}


def create_embeddings(visit: RequestContext, given: JsonObject) -> Answer:
    """The answer to an embeddings request."""
    body = body_validation.validate_body(given, visit.profile.rules("embeddings"))
    model = find_model(visit, body["model"], "embeddings")
    inputs = read_inputs(body["input"], takes_tokens="token-input" in visit.profile.capabilities)
    for text in inputs:
        check_context_length(visit, model, token_count(text), "input")
    size = requested_dimensions(body, model)
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": encode_vector(embedding_vector(text, size), packed=packed)}
        for index, text in enumerate(inputs)
    ]
    tokens = sum(token_count(text) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return PlainAnswer(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})


def read_inputs(given: Any, *, takes_tokens: bool) -> list[Any]:
    """The texts, or lists of tokens, that are to be embedded one by one."""
    inputs = [given] if isinstance(given, str) or is_token_list(given) else given
    if len(inputs) > MAX_EMBEDDING_INPUTS:
        raise out_of_range("input", f"'input' has more than {MAX_EMBEDDING_INPUTS} items.")
    for index, item in enumerate(inputs):
        place = "input" if item is given else f"input[{index}]"
        if not isinstance(item, str) and not (takes_tokens and is_token_list(item)):
            raise wrong_type(place, "string, or an array of strings" + (" or of tokens" if takes_tokens else ""))
        if not item:
            raise out_of_range(place, f"Invalid '{place}': input cannot be an empty string.")
    return list(inputs)


def is_token_list(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(is_integer(item) and item >= 0 for item in given)


def token_count(given: Any) -> int:
    return count_tokens(given) if isinstance(given, str) else len(given)


def requested_dimensions(body: JsonObject, model: Model) -> int:
    asked = int(body.get("dimensions", model.dimensions))
    if asked > model.dimensions:
        raise out_of_range("dimensions", f"Invalid 'dimensions': at most {model.dimensions} for this model.")
    return asked


def embedding_vector(text: Any, size: int) -> list[float]:
    """A unit vector whose direction is drawn from the text, or from what the tokens say."""
    told = text if isinstance(text, str) else KNOWN_TOKEN_TEXTS.get(tuple(text), text)
    return list(_unit_vector(repr(told).encode("utf-8", "replace"), size))


@lru_cache(maxsize=64)
def _unit_vector(seed: bytes, size: int) -> tuple[float, ...]:
    raw = hashlib.shake_256(seed).digest(2 * size)
    drawn = [value + 0.5 for value in struct.unpack(f"<{size}h", raw)]
    length = math.sqrt(sum(value * value for value in drawn))
    return tuple(round(value / length, 8) for value in drawn)


def encode_vector(values: list[float], *, packed: bool) -> Any:
    """The vector as numbers, or as base64 of little-endian 32-bit floats."""
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode() if packed else values
