"""A small tokeniser: words in pieces of at most four letters, punctuation marks one by one."""

from __future__ import annotations

import json
import re
from typing import Any

TOKEN_PATTERN = re.compile(r" ?\w{1,4}|\s|[^\w\s]")


def tokenize(text: str) -> tuple[str, ...]:
    """Returns the tokens of a text; joined they are the text."""
    return tuple(TOKEN_PATTERN.findall(text))


def count_tokens(text: str) -> int:
    return len(tokenize(text))


def count_value_tokens(value: Any) -> int:
    """The tokens of a value in a prompt."""
    if value is None:
        return 0
    return count_tokens(value if isinstance(value, str) else json.dumps(value, sort_keys=True))
