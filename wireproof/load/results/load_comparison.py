"""Two load runs side by side, where they are runs of the same load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.load.results.figure_changes import UNKNOWN, WORSE, FigureChange, find_figure_changes
from wireproof.stats import RELATIVE_ACCURACY

# What a percentile of a sketch may be off by in either run.
PERCENTILE_BLUR = 2 * RELATIVE_ACCURACY
DEFAULT_TOLERANCE = 0.05
# What makes two loads the same: whom they speak to as whom, what is asked, when, and by how many.
SAME_LOAD_MEMBERS = ("provider", "scenarios", "load", "users", "jitter_s", "objectives")


def read_load_summary(file: Path) -> dict[str, Any] | None:
    """The summary of a load run; None for anything else that a file may hold."""
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
    """How the figures moved; ConfigError where the two are runs of different loads."""
    for name in SAME_LOAD_MEMBERS:
        if before[name] != after[name]:
            told = f"{name} {_short_json(before[name])} and {_short_json(after[name])}"
            raise ConfigError("compare", f"these are runs of different loads ({told})", "compare runs of the same one")
    return find_figure_changes(before, after, max(tolerance, PERCENTILE_BLUR))


def load_comparison_to_json(
    found: Sequence[FigureChange], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON form."""
    doubts = {"before": before["doubts"], "after": after["doubts"]}
    return {"kind": "load comparison", "shifts": [shift.as_data() for shift in found], "doubts": doubts}


def load_comparison_lines(
    found: Sequence[FigureChange], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    """The comparison for a reader."""
    width = max((len(shift.figure) for shift in found), default=0)
    for shift in found:
        yield f"{shift.figure:<{width}}  {shift.before:.4g} → {shift.after:.4g}  {_change_text(shift)}"
    for name, run in (("before", before), ("after", after)):
        yield from (f"INVALID ({name}): {doubt}" for doubt in run["doubts"])


def load_comparison_exit_code(found: Sequence[FigureChange]) -> int:
    """1 where something became worse, 2 where a figure could not be told apart from noise."""
    moved = {shift.moved for shift in found}
    return 1 if WORSE in moved else 2 if UNKNOWN in moved or not moved else 0


def _change_text(shift: FigureChange) -> str:
    sign, digits = ("× ", ".3f") if shift.by == "ratio" else ("", "+.4f")
    if shift.low is None or shift.high is None:
        return f"{sign}{shift.shift:{digits}} (too few stretches of time for an interval)"
    return f"{sign}{shift.shift:{digits}} ({shift.low:{digits}} to {shift.high:{digits}})  {shift.moved}"


def _short_json(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:79] + "…"
