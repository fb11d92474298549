"""JSON parsing exactly as RFC 8259 defines it."""

from __future__ import annotations

import json
from typing import Any

from wireproof.formats.answer_bounds import MAX_NUMBER_DIGITS


class NotJson(ValueError):
    """Raised if a text is not one JSON text."""


def parse_json(text: bytes | str) -> Any:
    """Parses one JSON text without NaN and Infinity; raises NotJson."""
    try:
        if isinstance(text, str):
            return DECODER.decode(text)
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_bounded_int)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_NUMBER_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits, more than the {MAX_NUMBER_DIGITS} that are read")
    return int(digits)


# Shared: json.loads builds a new decoder on each call with parse_constant.
DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_bounded_int)
