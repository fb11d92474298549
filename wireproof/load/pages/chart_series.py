"""What the charts of a load run show: its slices of time, distributions, gaps, a sweep and a limiter, as plain rows."""

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

# Metrics with a curve of their own, and those whose course over time is drawn.
CURVE_METRICS = ("TTFT ms", "TTFOT ms", "gap ms", "TPOT ms", "e2e ms")
COURSE_METRICS = ("TTFT ms", "e2e ms")
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
# Rows of the heat map: each as high as the one below it times this.
HEAT_ROW_RATIO = 1.3
# Values beyond a percentile that a stretch should have: twice what it must.
MIN_VALUES_BEYOND_PERCENTILE = 10
# A curve begins here, in milliseconds: nothing shorter matters to anyone who waits for words.
SHORTEST_TIME_MS = 0.1
# Points of a curve at most; what lies between two of them is less than a line's width.
MAX_CURVE_POINTS = 400


def timeline_series(found: Mapping[str, Any]) -> dict[str, Any]:
    """One row a chart: the middle of each slice in seconds, and what ended in it, a second."""
    timeline = found["timeline"]
    width, slices = timeline["width_s"], timeline["slices"]
    rows: dict[str, Any] = {"x": [round((one["place"] + 0.5) * width, 3) for one in slices]}
    ended = [outcomes_from_counts(one["counts"]) for one in slices]
    rows["throughput"] = {
        "ok": [counts["ok"] / width for counts in ended],
        "under way": [one["counts"].get("flying ms", 0) / (width * 1000) for one in slices],
    }
    rows["tokens"] = {"tokens": [one["counts"].get("tokens", 0) / width for one in slices]}
    failures = {name: [counts[name] / width for counts in ended] for name in FAILURE_OUTCOMES}
    failures = {name: row for name, row in failures.items() if any(row)}
    if failures:
        rows["failures"] = failures
    latency = {
        f"{metric.removesuffix(' ms')} {name}": _percentile_over_time(slices, metric, share)
        for metric in COURSE_METRICS
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }
    latency = {name: row for name, row in latency.items() if any(value is not None for value in row)}
    return rows | ({"latency": latency} if latency else {})


def distribution_curves(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A metric each: [milliseconds, % of values up to it]."""
    slices = found["timeline"]["slices"]
    whole = {metric: merge_counts(values_of_metric(one, metric) for one in slices) for metric in CURVE_METRICS}
    return [{"metric": metric, "points": _curve_points(counts)} for metric, counts in whole.items() if counts]


def gap_heatmap(found: Mapping[str, Any]) -> dict[str, Any]:
    """Gaps by time and length: edges of the rows in milliseconds, and [slice, row, how many]."""
    slices = found["timeline"]["slices"]
    gaps = {one["place"]: values_of_metric(one, "gap ms") for one in slices}
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
    return {"edges": edges, "cells": rows, "width": found["timeline"]["width_s"]}


def sweep_series(sweep: Mapping[str, Any]) -> dict[str, Any]:
    """Loads with what was ok and how much of it was good, and where the answer and the knee lie."""
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
    """Requests in turn: when, and the number of it where it was admitted, or refused."""
    asked = sorted(limits["asked"], key=lambda one: one["after_s"])
    free = [one["status"] not in RETRY_LATER_STATUSES for one in asked]
    numbers = range(1, len(asked) + 1)
    return {
        "x": [one["after_s"] for one in asked],
        "admitted": [number if admitted else None for number, admitted in zip(numbers, free, strict=True)],
        "refused": [None if admitted else number for number, admitted in zip(numbers, free, strict=True)],
    }


def _percentile_over_time(slices: Sequence[Mapping[str, Any]], metric: str, share: float) -> list[float | None]:
    """A percentile over time, each of so many slices together that most of them can tell one."""
    found = [values_of_metric(one, metric) for one in slices]
    wanted = MIN_VALUES_BEYOND_PERCENTILE / min(share, 1 - share)
    whole = sum(counts.total() for counts in found)
    together = max(1, math.ceil(wanted * len(slices) / whole)) if whole else 1
    course: list[float | None] = []
    for start in range(0, len(slices), together):
        part = found[start : start + together]
        course += [quantile(merge_counts(part), share)] * len(part)
    return course


def _curve_points(counts: Mapping[float, int]) -> list[list[float]]:
    total, below, points = sum(counts.values()), 0, []
    for value, number in sorted(counts.items()):
        below += number
        points.append([max(value, SHORTEST_TIME_MS), round(100 * below / total, 3)])
    step = max(1, len(points) // MAX_CURVE_POINTS)
    return points[::step] + ([points[-1]] if (len(points) - 1) % step else [])
