"""Keeping keys out of everything that is shown or stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any
from urllib.parse import quote

MASK = "•"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces every secret, in each form of `_forms`, by a mask of the same length."""

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

    def parts(self, parts: Iterable[bytes]) -> tuple[bytes, ...]:
        """The parts of one body without secrets, those that lie across two parts included."""
        given = tuple(parts)
        masked, ends = self.data(b"".join(given)), accumulate(map(len, given), initial=0)
        return tuple(masked[start:end] for start, end in pairwise(ends))

    def facts(self, fact: Any) -> Any:
        """JSON data with every text masked; names, numbers and words such as true stay, so that it is JSON still."""
        if isinstance(fact, str):
            return self.text(fact)
        if isinstance(fact, dict):
            return {name: self.facts(value) for name, value in fact.items()}
        return [self.facts(value) for value in fact] if isinstance(fact, list | tuple) else fact


def _forms(secret: str) -> tuple[bytes, ...]:
    """Plain, base64, URL-encoded, and as JSON writes it, with and without escaped slashes."""
    raw, quoted = secret.encode(), json.dumps(secret)[1:-1]
    coded = (base64.b64encode(raw).rstrip(b"="), quote(secret, safe="").encode())
    return (raw, *coded, quoted.encode(), quoted.replace("/", "\\/").encode())
