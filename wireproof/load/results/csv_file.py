"""The metrics of a run as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wireproof.load.results import throttling
from wireproof.load.results.summary import SUMMARY_PERCENTILES


def write_csv(found: Mapping[str, Any], file: Path) -> None:
    """Every metric with its percentiles, unrounded; an empty cell where too few values carry one."""
    columns = ("n", "mean", "min", "max", *SUMMARY_PERCENTILES)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("name", "metric", *columns))
        named = {name: one["metrics"] for name, one in found["requests"].items()}
        asked = found["limiter"]["retry_after_s"]
        held_off = {throttling.RETRY_AFTER_METRIC: asked} if asked["n"] else {}
        for name, metrics in {**named, throttling.LIMITER_ROW: held_off, "generator": found["generator"]}.items():
            for kind, row in metrics.items():
                writer.writerow((name, kind, *(row.get(column) for column in columns)))
