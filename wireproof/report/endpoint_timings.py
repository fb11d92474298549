"""The times and sizes of the responses of a run, by target and endpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Timing:
    """The responses of one endpoint of one target.

    Attributes:
        count: number of complete responses.
        first_median: median time to the headers, in ms.
        whole_median, whole_p95, whole_most: time to the whole response, in ms.
        size_median: median size in bytes.
    """

    target: str
    endpoint: str
    count: int
    first_median: float
    whole_median: float
    whole_p95: float
    whole_most: float
    size_median: float


def timings_by_endpoint(exchanges: Iterable[Mapping[str, Any]]) -> list[Timing]:
    """One row for each target and endpoint, from the exchanges of a ledger."""
    groups: dict[tuple[str, str], list[tuple[float, float, int]]] = {}
    for fact in exchanges:
        if fact["ended_ns"] is not None and fact["headers_ns"] is not None:
            size = sum(read_size(data) for _, data in fact["reads"])
            measured = (fact["headers_ns"] / 1e6, fact["ended_ns"] / 1e6, size)
            groups.setdefault((fact["target"], fact["endpoint"]), []).append(measured)
    return [_endpoint_timing(target, endpoint, rows) for (target, endpoint), rows in sorted(groups.items())]


def value_at_share(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def read_size(data: str | dict[str, str]) -> int:
    """The number of bytes of one read of a ledger, whose data is text or base64."""
    if isinstance(data, dict):
        text: str = data["base64"]
        return len(text) * 3 // 4 - text[-2:].count("=")
    return len(data) if data.isascii() else len(data.encode("utf-8", "replace"))


def _endpoint_timing(target: str, endpoint: str, rows: Sequence[tuple[float, float, int]]) -> Timing:
    first, whole, size = ([row[at] for row in rows] for at in range(3))
    return Timing(
        target=target,
        endpoint=endpoint,
        count=len(rows),
        first_median=value_at_share(first, 0.5),
        whole_median=value_at_share(whole, 0.5),
        whole_p95=value_at_share(whole, 0.95),
        whole_most=max(whole),
        size_median=value_at_share(size, 0.5),
    )
