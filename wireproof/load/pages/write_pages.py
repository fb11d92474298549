"""Writes load.html and load.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError
from wireproof.load.pages.load_markdown import load_markdown
from wireproof.load.pages.load_page import load_page

HTML_FILE, MARKDOWN_FILE = "load.html", "load.md"


def write_load_pages(into: Path, **results: Mapping[str, Any] | None) -> None:
    """Writes both reports of a `run`, a `sweep`, `limits` and a `failover`, each of which may be missing.

    Raises ConfigError if the folder cannot be written to.
    """
    texts = {HTML_FILE: load_page(**results), MARKDOWN_FILE: load_markdown(**results)}
    try:
        into.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (into / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            str(into), f"the reports cannot be written ({error.strerror})", "name another folder"
        ) from None
