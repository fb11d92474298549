"""Data of the charts in load.html: timeline, distributions, gaps, sweep and limiter, as plain rows."""

from __future__ import annotations

import bisect
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from wireproof.client.partial_response import RETRY_LATER_STATUSES
from wireproof.load.results.sweep_words import LOAD_UNITS
from wireproof.load.results.timeline import outcomes_from_counts, values_of_metric
from wireproof.stats import merge_counts, quantile

# Metrics with a distribution curve, and metrics drawn over time.
CURVE_METRICS = ("TTFT ms", "TTFOT ms", "ITL ms", "TPOT ms", "e2e ms")
OVER_TIME_METRICS = ("TTFT ms", "e2e ms")
FAILURE_OUTCOMES = (
    "refused",
    "throttled",
    "cut",
    "in-stream error",
    "non-conformant",
    "timeout",
    "unreachable",
    "left",
)
# Each row of the heat map covers gaps this many times as long as the row below.
HEAT_ROW_RATIO = 1.3
# Values beyond a percentile that a stretch should have: twice the minimum of `wireproof.stats`.
MIN_VALUES_BEYOND_PERCENTILE = 10
# Start of the curves' logarithmic axis, in milliseconds; shorter times do not matter for answers.
SHORTEST_TIME_MS = 0.1
# Points of a curve at most; more would be closer together than a line's width.
MAX_CURVE_POINTS = 400


def timeline_series(run: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `x`, the middle of each slice in seconds, and for each chart the rates per second in the slices."""
    timeline = run["timeline"]
    width, slices = timeline["width_s"], timeline["slices"]
    rows: dict[str, Any] = {"x": [round((row["place"] + 0.5) * width, 3) for row in slices]}
    ended = [outcomes_from_counts(row["counts"]) for row in slices]
    rows["throughput"] = {
        "ok": [counts["ok"] / width for counts in ended],
        "under way": [row["counts"].get("flying ms", 0) / (width * 1000) for row in slices],
    }
    rows["tokens"] = {"tokens": [row["counts"].get("tokens", 0) / width for row in slices]}
    failures = {name: [counts[name] / width for counts in ended] for name in FAILURE_OUTCOMES}
    failures = {name: row for name, row in failures.items() if any(row)}
    if failures:
        rows["failures"] = failures
    latency = {
        f"{metric.removesuffix(' ms')} {name}": _percentile_over_time(slices, metric, share)
        for metric in OVER_TIME_METRICS
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }
    latency = {name: row for name, row in latency.items() if any(value is not None for value in row)}
    return rows | ({"latency": latency} if latency else {})


def distribution_curves(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cumulative distribution of each metric, with points [milliseconds, % of values up to it]."""
    slices = run["timeline"]["slices"]
    whole = {metric: merge_counts(values_of_metric(row, metric) for row in slices) for metric in CURVE_METRICS}
    return [{"metric": metric, "points": _curve_points(counts)} for metric, counts in whole.items() if counts]


def gap_heatmap(run: Mapping[str, Any]) -> dict[str, Any]:
    """Gaps by time and length: edges of the rows in milliseconds, and cells [slice, row, number]."""
    slices = run["timeline"]["slices"]
    gaps = {row["place"]: values_of_metric(row, "ITL ms") for row in slices}
    longest = max((value for counts in gaps.values() for value in counts), default=0.0)
    shortest = min((value for counts in gaps.values() for value in counts if value > 0), default=longest)
    edges = [max(shortest, 0.01)]
    while longest and edges[-1] <= longest:
        edges.append(round(edges[-1] * HEAT_ROW_RATIO, 5))
    cells: Counter[tuple[int, int]] = Counter()
    for place, counts in gaps.items():
        for value, number in counts.items():
            row = min(max(0, bisect.bisect_right(edges, value) - 1), max(0, len(edges) - 2))
            cells[place, row] += number
    rows = [[place, row, number] for (place, row), number in sorted(cells.items())]
    return {"edges": edges, "cells": rows, "width": run["timeline"]["width_s"]}


def sweep_series(sweep: Mapping[str, Any]) -> dict[str, Any]:
    """The loads of a sweep with ok requests per second and % good, and marks at the answer and the knee."""
    steps = sorted(sweep["steps"], key=lambda step: step["load"])
    lines = [[sweep[name], name] for name in ("meets", "fails") if sweep[name] is not None]
    if sweep["knee"] is not None:
        lines.append([sweep["knee"]["load"], "knee"])
    return {
        "unit": LOAD_UNITS[sweep["by"]],
        "loads": [step["load"] for step in steps],
        "ok": [step["ok_s"] for step in steps],
        "good": [100 * step["share"] for step in steps],
        "lines": lines,
    }


def limit_series(limits: Mapping[str, Any]) -> dict[str, Any]:
    """The requests of a limit probe by time in seconds: the number of each, in `admitted` or `refused`."""
    requests = sorted(limits["asked"], key=lambda request: request["after_s"])
    admitted = [request["status"] not in RETRY_LATER_STATUSES for request in requests]
    numbers = range(1, len(requests) + 1)
    return {
        "x": [request["after_s"] for request in requests],
        "admitted": [number if is_admitted else None for number, is_admitted in zip(numbers, admitted, strict=True)],
        "refused": [None if is_admitted else number for number, is_admitted in zip(numbers, admitted, strict=True)],
    }


def _percentile_over_time(slices: Sequence[Mapping[str, Any]], metric: str, share: float) -> list[float | None]:
    """A percentile for each slice, computed over groups of slices that are large enough for it."""
    slice_values = [values_of_metric(row, metric) for row in slices]
    needed = MIN_VALUES_BEYOND_PERCENTILE / min(share, 1 - share)
    total = sum(counts.total() for counts in slice_values)
    group_size = max(1, math.ceil(needed * len(slices) / total)) if total else 1
    if group_size >= len(slices) > 1:
        # One value for the whole run is no course over time; the table has it.
        return [None] * len(slices)
    percentiles: list[float | None] = []
    for start in range(0, len(slices), group_size):
        group = slice_values[start : start + group_size]
        percentiles += [quantile(merge_counts(group), share)] * len(group)
    return percentiles


def _curve_points(counts: Mapping[float, int]) -> list[list[float]]:
    total, below, points = sum(counts.values()), 0, []
    for value, number in sorted(counts.items()):
        below += number
        points.append([max(value, SHORTEST_TIME_MS), round(100 * below / total, 3)])
    step = max(1, len(points) // MAX_CURVE_POINTS)
    return points[::step] + ([points[-1]] if (len(points) - 1) % step else [])
