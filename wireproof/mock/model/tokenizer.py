"""A tokeniser small enough to check by eye: words in pieces of at most four letters, one mark each."""

from __future__ import annotations

import json
import re
from typing import Any

PIECE = re.compile(r" ?\w{1,4}|\s|[^\w\s]")


def pieces(text: str) -> tuple[str, ...]:
    """The tokens of a text; joined again they are the text."""
    return tuple(PIECE.findall(text))


def count(text: str) -> int:
    return len(pieces(text))


def count_value(value: Any) -> int:
    """The tokens of a value as it stands in a prompt."""
    if value is None:
        return 0
    return count(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
