"""A generated request, with the place at which it is broken or unusual."""

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
        says: the change at that place, in words.
        refused: the cause for which it must be refused; None if any refusal will do, or if it must be accepted.
        features: the capabilities that it uses.
    """

    spec: RequestSpec
    at: str
    says: str
    refused: str | None = None
    features: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        # Short, because hypothesis prints every failing request.
        return f"GeneratedRequest({self.place!r})"

    @property
    def body_bytes(self) -> bytes:
        """The bytes of the body, with a placeholder for the model."""
        return self.spec.raw or b""

    @property
    def place(self) -> str:
        """The place and its change, in words."""
        return f"{self.at or 'the body'} of the request: {self.says}"

    def as_case(self, name: str, *after: RequestSpec) -> Case:
        """The request as a case of its own, whose name ends in a digest; `after` are sent after it."""
        headers = json.dumps([self.spec.content_type, *self.spec.headers.items()]).encode()
        digest = sha256(self.body_bytes + headers).hexdigest()[:12]
        asks, smallest = (self.spec, *after), PROFILES[0]
        return Case(f"{name}#{digest}", GENERATED_AREA, self.says, asks, refused=self.refused, profile=smallest)


def encode_body(body: Any) -> bytes:
    """Encodes a body as JSON; a lone surrogate becomes a JSON escape, since UTF-8 cannot encode it."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
