"""JSON parsing exactly as RFC 8259 defines it."""

from __future__ import annotations

import json
from typing import Any


class NotJson(ValueError):
    """Raised if a text is not one JSON text."""


def parse_json(text: bytes | str) -> Any:
    """Parses one JSON text without NaN and Infinity; raises NotJson."""
    try:
        return DECODER.decode(text) if isinstance(text, str) else json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


# Shared: json.loads builds a new decoder on each call with parse_constant.
DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
