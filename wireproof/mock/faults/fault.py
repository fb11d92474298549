"""A fault: a named, deterministic way to be wrong."""

from __future__ import annotations

from dataclasses import dataclass

from wireproof.mock.lapse import Lapse


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong: where it happens, who met it in the wild, and what the server does instead."""

    id: str
    sentence: str
    endpoints: tuple[str, ...]
    source: str
    deviation: str
    apply: Lapse
