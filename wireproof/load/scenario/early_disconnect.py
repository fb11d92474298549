"""Clients that leave in the middle of a stream: after so many deltas, or after so long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EarlyDisconnect:
    """When a client leaves: one of the two is set."""

    chunks: int | None = None
    ms: float | None = None
