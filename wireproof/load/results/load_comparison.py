"""Comparison of two load runs of the same load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.load.results.figure_changes import BETTER, UNKNOWN, WORSE, FigureChange, find_figure_changes
from wireproof.stats import RELATIVE_ACCURACY

# The error of a ratio of two percentiles, each of which is accurate to one bucket.
PERCENTILE_BLUR = 2 * RELATIVE_ACCURACY
DEFAULT_TOLERANCE = 0.05
# The summary in a folder of --report-dir; a folder with the report of a conformance run stands for that.
SUMMARY_FILE, CONFORMANCE_REPORT = "load.json", "report.json"
# Two runs have the same load if these members of their summaries are equal.
SAME_LOAD_MEMBERS = ("provider", "scenarios", "load", "users", "jitter_s", "objectives")


def read_load_summary(file: Path) -> dict[str, Any] | None:
    """Reads the summary of a load run, or that in the folder of its reports; returns None for any other file."""
    if file.is_dir() and not (file / CONFORMANCE_REPORT).is_file():
        file = file / SUMMARY_FILE
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("kind") != "load":
        return None
    schemas.check_format(data, "load", str(file))
    return data


def compare_load_runs(
    before: Mapping[str, Any], after: Mapping[str, Any], tolerance: float = DEFAULT_TOLERANCE
) -> tuple[FigureChange, ...]:
    """Compares the figures; raises ConfigError if the runs have different loads."""
    for name in SAME_LOAD_MEMBERS:
        if before[name] != after[name]:
            difference = f"{name} {_short_json(before[name])} and {_short_json(after[name])}"
            problem = f"these are runs of different loads ({difference})"
            raise ConfigError("compare", problem, "compare two runs of the same load")
    return find_figure_changes(before, after, max(tolerance, PERCENTILE_BLUR))


def load_comparison_to_json(
    changes: Sequence[FigureChange], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON form."""
    doubts = {"before": before["doubts"], "after": after["doubts"]}
    return {"kind": "load comparison", "shifts": [change.as_data() for change in changes], "doubts": doubts}


def load_comparison_lines(
    changes: Sequence[FigureChange], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    """Lines of text: the figures, then the doubts of each run, and the verdict."""
    width = max((len(change.figure) for change in changes), default=0)
    for change in changes:
        yield f"{change.figure:<{width}}  {change.before:.4g} → {change.after:.4g}  {_change_text(change)}"
    for name, run in (("before", before), ("after", after)):
        yield from (f"INVALID ({name}): {doubt}" for doubt in run["doubts"])
    yield _verdict_line(changes)


def _verdict_line(changes: Sequence[FigureChange]) -> str:
    by_move = {move: [change.figure for change in changes if change.moved == move] for move in (WORSE, BETTER, UNKNOWN)}
    if by_move[WORSE]:
        return f"WORSE: {', '.join(by_move[WORSE])}"
    if by_move[UNKNOWN] or not changes:
        return "UNDECIDED: the runs are too short for an interval; give each half a minute or more"
    better = f"; better: {', '.join(by_move[BETTER])}" if by_move[BETTER] else ""
    return f"NOT WORSE: none of {len(changes)} figures is worse{better}"


def load_comparison_exit_code(changes: Sequence[FigureChange]) -> int:
    """The exit code: 1 if a figure became worse, 2 if one is undecided, else 0."""
    moved = {change.moved for change in changes}
    return 1 if WORSE in moved else 2 if UNKNOWN in moved or not moved else 0


def _change_text(change: FigureChange) -> str:
    sign, digits = ("× ", ".3f") if change.by == "ratio" else ("", "+.4f")
    if change.low is None or change.high is None:
        return f"{sign}{change.shift:{digits}} (run too short for an interval)"
    return f"{sign}{change.shift:{digits}} ({change.low:{digits}} to {change.high:{digits}})  {change.moved}"


def _short_json(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:79] + "…"
