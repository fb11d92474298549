"""Two load runs side by side, where they are runs of the same load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wireproof.contract import schemas
from wireproof.errors import ConfigError
from wireproof.load.results.figure_changes import UNKNOWN, WORSE, Shift, shifts
from wireproof.stats import RELATIVE_ACCURACY

# What a percentile of a sketch may be off by in either run.
BLUR = 2 * RELATIVE_ACCURACY
TOLERANCE = 0.05
# What makes two loads the same: whom they speak to as whom, what is asked, when, and by how many.
LOAD = ("provider", "scenarios", "load", "users", "jitter_s", "objectives")


def read(file: Path) -> dict[str, Any] | None:
    """The summary of a load run; None for anything else that a file may hold."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("kind") != "load":
        return None
    schemas.check_format(data, "load", str(file))
    return data


def compare(before: Mapping[str, Any], after: Mapping[str, Any], tolerance: float = TOLERANCE) -> tuple[Shift, ...]:
    """How the figures moved; ConfigError where the two are runs of different loads."""
    for name in LOAD:
        if before[name] != after[name]:
            told = f"{name} {_short(before[name])} and {_short(after[name])}"
            raise ConfigError("compare", f"these are runs of different loads ({told})", "compare runs of the same one")
    return shifts(before, after, max(tolerance, BLUR))


def as_data(found: Sequence[Shift], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form."""
    doubts = {"before": before["doubts"], "after": after["doubts"]}
    return {"kind": "load comparison", "shifts": [shift.as_data() for shift in found], "doubts": doubts}


def lines(found: Sequence[Shift], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The comparison for a reader."""
    width = max((len(shift.figure) for shift in found), default=0)
    for shift in found:
        yield f"{shift.figure:<{width}}  {shift.before:.4g} → {shift.after:.4g}  {_moved(shift)}"
    for name, run in (("before", before), ("after", after)):
        yield from (f"INVALID ({name}): {doubt}" for doubt in run["doubts"])


def exit_code(found: Sequence[Shift]) -> int:
    """1 where something became worse, 2 where a figure could not be told apart from noise."""
    moved = {shift.moved for shift in found}
    return 1 if WORSE in moved else 2 if UNKNOWN in moved or not moved else 0


def _moved(shift: Shift) -> str:
    sign, digits = ("× ", ".3f") if shift.by == "ratio" else ("", "+.4f")
    if shift.low is None or shift.high is None:
        return f"{sign}{shift.shift:{digits}} (too few stretches of time for an interval)"
    return f"{sign}{shift.shift:{digits}} ({shift.low:{digits}} to {shift.high:{digits}})  {shift.moved}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:79] + "…"
