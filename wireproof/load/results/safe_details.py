"""What a server said of a failure, as a load run may show it: without secrets, and without control characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from wireproof.evidence.redactor import Redactor
from wireproof.formats.safe_text import printable

# A server that refuses says the same again and again.
MAX_REMEMBERED_DETAILS = 256


def make_detail_redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """What shows a detail without these; it may be cut anywhere, so the beginning of a secret at its end goes too."""
    redactor = Redactor.from_secrets(secrets)

    @lru_cache(MAX_REMEMBERED_DETAILS)
    def redact_detail(detail: str) -> str:
        (kept,) = redactor.mask_parts((detail.encode(errors="backslashreplace"),), cut=True)
        return printable(kept.decode(errors="replace"))

    return redact_detail
