"""Everything that looks like chance, drawn from a hash of the request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")
canonical = json.JSONEncoder(sort_keys=True, default=repr).encode


@dataclass(frozen=True, slots=True)
class Draw:
    """A source of values that are the same for the same request."""

    seed: bytes

    @classmethod
    def of(cls, *values: Any) -> Draw:
        return cls(digest(canonical(values).encode()))

    def at(self, *place: object) -> Draw:
        """The source for one place of the answer."""
        return Draw(digest(self.seed + repr(place).encode("utf-8", "backslashreplace")))

    def number(self, below: int) -> int:
        return int.from_bytes(self.seed, "big") % below

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(len(options))]

    def hex(self, length: int) -> str:
        return self.seed.hex()[:length]


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


@lru_cache(maxsize=64)
def fingerprint(model: str) -> str:
    """The system fingerprint of a model."""
    return "fp_" + Draw.of(model).hex(10)
