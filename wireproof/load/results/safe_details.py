"""Removes secrets and control characters from the server's message about a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from wireproof.evidence.redactor import Redactor
from wireproof.formats.safe_text import printable

# Refusals mostly have the same text, so results are cached.
MAX_CACHED_DETAILS = 256


def make_detail_redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Returns a function that redacts a detail; details are truncated, so a partial secret at the end goes too."""
    redactor = Redactor.from_secrets(secrets)

    @lru_cache(MAX_CACHED_DETAILS)
    def redact_detail(detail: str) -> str:
        (masked,) = redactor.mask_parts((detail.encode(errors="backslashreplace"),), cut=True)
        return printable(masked.decode(errors="replace"))

    return redact_detail
