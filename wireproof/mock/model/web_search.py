"""An answer that names a page of the web as its source."""

from __future__ import annotations

from typing import Any

SOURCE_URL, SOURCE_TITLE = "https://example.com/", "Example Domain"


def with_source(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text with its source behind it, and the annotation that tells where that stands."""
    mark = f"([example.com]({SOURCE_URL}))"
    whole = f"{text} {mark}"
    place = {"start_index": len(whole) - len(mark), "end_index": len(whole), "url": SOURCE_URL, "title": SOURCE_TITLE}
    return whole, [{"type": "url_citation", "url_citation": place}]
