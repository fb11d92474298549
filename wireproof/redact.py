"""Keeping keys out of everything that is shown or stored."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

MASK = "•"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces every secret, plain, base64 or URL-encoded, by a mask of the same length."""

    forms: tuple[bytes, ...]

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Redactor:
        """A redactor of these secrets; the longest forms go first."""
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        return cls(tuple(sorted(forms, key=len, reverse=True)))

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form in self.forms:
            plain = form.decode()
            text = text.replace(plain, MASK * len(plain))
        return text

    def data(self, data: bytes) -> bytes:
        """The bytes without secrets; offsets hold, because a mask is as long as what it hides."""
        for form in self.forms:
            data = data.replace(form, b"*" * len(form))
        return data


def _forms(secret: str) -> tuple[bytes, ...]:
    raw = secret.encode()
    return (raw, base64.b64encode(raw).rstrip(b"="), quote(secret, safe="").encode())
