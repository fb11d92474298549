"""Padding that gives the pieces of a stream the same length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from wireproof.mock.model.hash_random import HashRandom

PADDED_LENGTH = 12


def is_obfuscated(members: Sequence[str], body: Mapping[str, Any]) -> bool:
    """True if a stream is padded: by default, unless the request switches it off."""
    return "obfuscation" in members and body.get("stream_options", {}).get("include_obfuscation") is not False


@lru_cache(maxsize=4096)
def padding_for(text: str) -> str:
    """The padding of a piece of text."""
    return HashRandom.from_values("padding", text).hex(max(1, PADDED_LENGTH - len(text)))
