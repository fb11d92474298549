"""A small tokeniser: words in pieces of at most four letters, runs of blanks and of one mark in one piece."""

from __future__ import annotations

import json
import re
from typing import Any

TOKEN_PATTERN = re.compile(r" ?\w{1,4}| +|\n+|\s|([^\w\s])\1*")


def tokenize(text: str) -> tuple[str, ...]:
    """Returns the tokens of a text; joined they are the text."""
    return tuple(match[0] for match in TOKEN_PATTERN.finditer(text))


def count_tokens(text: str) -> int:
    return len(tokenize(text))


def count_value_tokens(value: Any) -> int:
    """The tokens of a value in a prompt."""
    if value is None:
        return 0
    return count_tokens(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
