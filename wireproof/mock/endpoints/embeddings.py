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
# Tokens of cl100k_base, the vocabulary of OpenAI's embedding models, and their text; others are only numbers here.
KNOWN_TOKEN_TEXTS = {(15339, 1917): "hello world"}


def create_embeddings(context: RequestContext, raw_body: JsonObject) -> Answer:
    """Returns the answer to an embeddings request."""
    body = body_validation.validate_body(raw_body, context.profile.rules("embeddings"))
    model = find_model(context, body["model"], "embeddings")
    inputs = read_inputs(body["input"], takes_tokens="token-input" in context.profile.capabilities)
    for text in inputs:
        check_context_length(context, model, token_count(text), "input")
    size = requested_dimensions(body, model)
    is_base64 = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": encode_vector(embedding_vector(text, size), is_base64=is_base64),
        }
        for index, text in enumerate(inputs)
    ]
    tokens = sum(token_count(text) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return PlainAnswer(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})


def read_inputs(value: Any, *, takes_tokens: bool) -> list[Any]:
    """Returns the texts, or lists of tokens, to embed one by one."""
    inputs = [value] if isinstance(value, str) or is_token_list(value) else value
    if len(inputs) > MAX_EMBEDDING_INPUTS:
        raise out_of_range("input", f"'input' has more than {MAX_EMBEDDING_INPUTS} items.")
    for index, item in enumerate(inputs):
        place = "input" if item is value else f"input[{index}]"
        if not isinstance(item, str) and not (takes_tokens and is_token_list(item)):
            raise wrong_type(place, "string, or an array of strings" + (" or of tokens" if takes_tokens else ""))
        if not item:
            raise out_of_range(place, f"Invalid '{place}': input cannot be an empty string.")
    return list(inputs)


def is_token_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(is_integer(item) and item >= 0 for item in value)


def token_count(value: Any) -> int:
    return count_tokens(value) if isinstance(value, str) else len(value)


def requested_dimensions(body: JsonObject, model: Model) -> int:
    dimensions = int(body.get("dimensions", model.dimensions))
    if dimensions > model.dimensions:
        raise out_of_range("dimensions", f"Invalid 'dimensions': at most {model.dimensions} for this model.")
    return dimensions


def embedding_vector(text: Any, size: int) -> list[float]:
    """A unit vector whose direction is drawn from the text, or from the text of the tokens."""
    source = text if isinstance(text, str) else KNOWN_TOKEN_TEXTS.get(tuple(text), text)
    return list(_unit_vector(repr(source).encode("utf-8", "replace"), size))


@lru_cache(maxsize=64)
def _unit_vector(seed: bytes, size: int) -> tuple[float, ...]:
    raw = hashlib.shake_256(seed).digest(2 * size)
    values = [value + 0.5 for value in struct.unpack(f"<{size}h", raw)]
    length = math.sqrt(sum(value * value for value in values))
    return tuple(round(value / length, 8) for value in values)


def encode_vector(values: list[float], *, is_base64: bool) -> Any:
    """Returns the vector as numbers, or as base64 of little-endian 32-bit floats."""
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode() if is_base64 else values
