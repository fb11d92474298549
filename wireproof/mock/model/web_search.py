"""An answer that cites a web page."""

from __future__ import annotations

from typing import Any

SOURCE_URL, SOURCE_TITLE = "https://example.com/", "Example Domain"


def with_source(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Returns the text followed by its source, and the annotation with the place of the citation."""
    citation = f"([example.com]({SOURCE_URL}))"
    cited_text = f"{text} {citation}"
    position = {
        "start_index": len(cited_text) - len(citation),
        "end_index": len(cited_text),
        "url": SOURCE_URL,
        "title": SOURCE_TITLE,
    }
    return cited_text, [{"type": "url_citation", "url_citation": position}]
