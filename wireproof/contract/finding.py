"""A finding: one place where a document differs from the expectation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAX_DISPLAY_LENGTH = 200


def display_text(value: Any) -> str:
    """A value as JSON for display, with its middle left out beyond 200 characters."""
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
        where: readable place: a JSON Pointer, an event number, a byte offset or a header.
        pointer: JSON Pointer inside the response or chunk, which assigns the finding to a clause.
        step: position of the request in its case, from 0; None if the finding names none.
    """

    expected: str
    actual: str
    where: str = ""
    pointer: str | None = None
    step: int | None = None
