"""The catalogue of faults."""

from __future__ import annotations

from collections.abc import Mapping

from wireproof.mock.faults.fault import Fault

__all__ = ["Fault", "faults", "find"]


def faults() -> Mapping[str, Fault]:
    return {}


def find(fault_id: str) -> Fault | None:
    return faults().get(fault_id)
