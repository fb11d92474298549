"""The abilities of a model that a run found out, in words for the terminal and summary.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.formats.safe_text import printable


def abilities_text(target: Mapping[str, Any]) -> str | None:
    """The abilities that the chat model of a target of report.json showed and did not show; None if none is told."""
    found = target.get("abilities")
    if found is None:
        return None
    parts = (("found out", found["shown"]), ("not shown", found["not_shown"]))
    words = "; ".join(f"{name}: {', '.join(abilities)}" for name, abilities in parts if abilities)
    return f"{printable(found['model'])}: {printable(words)}"
