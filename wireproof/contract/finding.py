"""A finding: one place in which a document differs from what is expected of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAX_DISPLAY_LENGTH = 200


def display_text(value: Any) -> str:
    """A value as a person reads it: JSON, cut in the middle at 200 characters."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return (
        text
        if len(text) <= MAX_DISPLAY_LENGTH
        else f"{text[: MAX_DISPLAY_LENGTH // 2]} … {text[-MAX_DISPLAY_LENGTH // 4 :]}"
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which an exchange breaks the requirement.

    Attributes:
        where: place in words a person can follow: a JSON Pointer, an event number, a byte offset, a header.
        pointer: the JSON Pointer inside the answer or chunk, which attributes the finding to a clause.
    """

    expected: str
    actual: str
    where: str = ""
    pointer: str | None = None
