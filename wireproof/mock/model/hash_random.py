"""Values that look random, drawn from a hash of the request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

Item = TypeVar("Item")
canonical_json = json.JSONEncoder(sort_keys=True, default=repr).encode


@dataclass(frozen=True, slots=True)
class HashRandom:
    """A source of values that are the same for the same request."""

    seed: bytes

    @classmethod
    def from_values(cls, *values: Any) -> HashRandom:
        return cls(digest(canonical_json(values).encode()))

    def derive(self, *place: object) -> HashRandom:
        """Returns the source for one place of the answer."""
        return HashRandom(digest(self.seed + repr(place).encode("utf-8", "backslashreplace")))

    def number_below(self, limit: int) -> int:
        return int.from_bytes(self.seed, "big") % limit

    def pick(self, options: Sequence[Item]) -> Item:
        return options[self.number_below(len(options))]

    def hex(self, length: int) -> str:
        return self.seed.hex()[:length]


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


@lru_cache(maxsize=64)
def model_fingerprint(model: str) -> str:
    """The system fingerprint of a model."""
    return "fp_" + HashRandom.from_values(model).hex(10)
