"""One JSON text, read as RFC 8259 has it and no laxer."""

from __future__ import annotations

import json
from typing import Any


class NotJson(ValueError):
    """A text is not one JSON text."""


def parse_json(text: bytes | str) -> Any:
    """Parse one JSON text by RFC 8259: no NaN, no Infinity; raises NotJson."""
    try:
        return DECODER.decode(text) if isinstance(text, str) else json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


# Made once: the standard library makes one for each text that is read with a rule of its own.
DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
