"""How long the exchanges of a run took and how large their answers were, by target and endpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Timing:
    """The answers of one endpoint of one target; milliseconds and bytes."""

    target: str
    endpoint: str
    count: int
    first_median: float
    whole_median: float
    whole_p95: float
    whole_most: float
    size_median: float


def timings_by_endpoint(exchanges: Iterable[Mapping[str, Any]]) -> list[Timing]:
    """One row for each target and endpoint."""
    groups: dict[tuple[str, str], list[tuple[float, float, int]]] = {}
    for fact in exchanges:
        if fact["ended_ns"] is not None and fact["headers_ns"] is not None:
            size = sum(read_size(data) for _, data in fact["reads"])
            taken = (fact["headers_ns"] / 1e6, fact["ended_ns"] / 1e6, size)
            groups.setdefault((fact["target"], fact["endpoint"]), []).append(taken)
    return [_endpoint_timing(target, endpoint, taken) for (target, endpoint), taken in sorted(groups.items())]


def value_at_share(values: Sequence[float], share: float) -> float:
    """The value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def read_size(data: str | dict[str, str]) -> int:
    """How many bytes a read of the ledger holds."""
    if isinstance(data, dict):
        text: str = data["base64"]
        return len(text) * 3 // 4 - text[-2:].count("=")
    return len(data) if data.isascii() else len(data.encode("utf-8", "replace"))


def _endpoint_timing(target: str, endpoint: str, taken: Sequence[tuple[float, float, int]]) -> Timing:
    first, whole, size = ([row[at] for row in taken] for at in range(3))
    return Timing(
        target=target,
        endpoint=endpoint,
        count=len(taken),
        first_median=value_at_share(first, 0.5),
        whole_median=value_at_share(whole, 0.5),
        whole_p95=value_at_share(whole, 0.95),
        whole_most=max(whole),
        size_median=value_at_share(size, 0.5),
    )
