"""Clients that leave in the middle of a stream, after a number of deltas or after a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EarlyDisconnect:
    """The moment at which a client leaves; one of the two is set.

    Attributes:
        chunks: deltas after which it leaves.
        ms: milliseconds after which it leaves.
    """

    chunks: int | None = None
    ms: float | None = None
