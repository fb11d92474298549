"""Figures of all rounds by part, and the table of their medians."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

Rounds = dict[str, dict[str, list[float]]]


def note(found: Rounds, group: str, name: str, value: float | None) -> None:
    """Records a figure of this round and prints it to stderr."""
    if value is not None:
        found.setdefault(group, {}).setdefault(name, []).append(value)
        print(f"  {group:<36} {name:<36} {value:14,.3f}", file=sys.stderr, flush=True)


def alternating(contestants: dict[str, Any], number: int) -> list[str]:
    """The order of the contestants in one round, rotated by one each round."""
    names = list(contestants)
    return names[number % len(names) :] + names[: number % len(names)]


def table(parts: dict[str, Rounds], goals: dict[tuple[str, str], str]) -> str:
    """A Markdown table of medians with quartiles."""
    lines = ["| what | who | median | quartiles | n | goal |", "| --- | --- | ---: | --- | ---: | --- |"]
    for rounds in parts.values():
        for group, rows in rounds.items():
            for name, values in rows.items():
                low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
                cells = f"{_number_text(statistics.median(values))} | {_number_text(low)} to {_number_text(high)}"
                lines.append(f"| {group} | {name} | {cells} | {len(values)} | {goals.get((group, name), '')} |")
    return "\n".join(lines)


def _number_text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def read_parts(file: Path | None) -> dict[str, Rounds]:
    """Reads the parts that an earlier run has written."""
    if file is None or not file.is_file():
        return {}
    parts: dict[str, Rounds] = json.loads(file.read_text(encoding="utf-8"))["parts"]
    return parts


def write_parts(file: Path | None, machine: str, parts: dict[str, Rounds]) -> None:
    """Writes all finished parts."""
    if file is not None:
        file.write_text(json.dumps({"machine": machine, "parts": parts}, indent=1), encoding="utf-8")
