"""The metrics of a run as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wireproof.load.results import throttling
from wireproof.load.results.summary import SUMMARY_PERCENTILES


def write_csv(summary: Mapping[str, Any], file: Path) -> None:
    """Writes every metric with its unrounded percentiles; a percentile with too few values is an empty cell."""
    columns = ("n", "mean", "min", "max", *SUMMARY_PERCENTILES)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("name", "metric", *columns))
        by_name = {name: figures["metrics"] for name, figures in summary["requests"].items()}
        retry_after = summary["limiter"]["retry_after_s"]
        limiter = {throttling.RETRY_AFTER_METRIC: retry_after} if retry_after["n"] else {}
        for name, metrics in {**by_name, throttling.LIMITER_ROW: limiter, "generator": summary["generator"]}.items():
            for kind, row in metrics.items():
                writer.writerow((name, kind, *(row.get(column) for column in columns)))
