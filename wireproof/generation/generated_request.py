"""A probe: one generated request, and the place at which it is broken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from wireproof.contract.case import PROFILES, Case, RequestSpec

GENERATED_AREA = "generated"


@dataclass(frozen=True, slots=True, repr=False)
class GeneratedRequest:
    """One generated request.

    Attributes:
        at: the place that is broken or under test, as a JSON Pointer into the body; empty for the body as a whole.
        says: what was done there.
        refused: the cause for which it must be refused; None where any refusal will do, or none is due.
        features: the capabilities it exercises.
    """

    ask: RequestSpec
    at: str
    says: str
    refused: str | None = None
    features: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        # hypothesis writes every request that fails, however long.
        return f"Probe({self.place!r})"

    @property
    def body_bytes(self) -> bytes:
        """The bytes of the body, with the model still to be named."""
        return self.ask.raw or b""

    @property
    def place(self) -> str:
        """The place in words: the pointer, and what was done there."""
        return f"{self.at or 'the body'} of the request: {self.says}"

    def as_case(self, name: str, *after: RequestSpec) -> Case:
        """The probe as a case of its own; `after` are asked behind it."""
        told = json.dumps([self.ask.content_type, *self.ask.headers.items()]).encode()
        digest = sha256(self.body_bytes + told).hexdigest()[:12]
        asks, smallest = (self.ask, *after), PROFILES[0]
        return Case(f"{name}#{digest}", GENERATED_AREA, self.says, asks, refused=self.refused, profile=smallest)


def encode_body(body: Any) -> bytes:
    """A body as the text of JSON; a lone surrogate, which UTF-8 has not, becomes the escape that JSON has for it."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
