"""Everything that looks like chance, drawn from a hash of the request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draw:
    """A source of values that are the same for the same request."""

    seed: str

    @classmethod
    def of(cls, *values: Any) -> Draw:
        text = json.dumps(values, sort_keys=True, default=repr)
        return cls(hashlib.blake2b(text.encode(), digest_size=12).hexdigest())

    def at(self, *place: object) -> Draw:
        """The source for one place of the answer."""
        return Draw.of(self.seed, *map(str, place))

    def number(self, below: int) -> int:
        return int(self.seed, 16) % below

    def pick(self, options: Sequence[T]) -> T:
        return options[self.number(len(options))]

    def hex(self, length: int) -> str:
        return hashlib.blake2b(self.seed.encode(), digest_size=32).hexdigest()[:length]
