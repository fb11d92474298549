"""Figures of all rounds, kept part by part, and the table of their medians."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

Rounds = dict[str, dict[str, list[float]]]


def note(found: Rounds, group: str, name: str, value: float | None) -> None:
    """Keep a figure of this round, and say it."""
    if value is not None:
        found.setdefault(group, {}).setdefault(name, []).append(value)
        print(f"  {group:<36} {name:<36} {value:14,.3f}", file=sys.stderr, flush=True)


def alternating(contestants: dict[str, Any], number: int) -> list[str]:
    """The order of one round: each begins in turn."""
    names = list(contestants)
    return names[number % len(names) :] + names[: number % len(names)]


def table(parts: dict[str, Rounds], goals: dict[tuple[str, str], str]) -> str:
    """Medians with their quartiles."""
    lines = ["| what | who | median | quartiles | n | goal |", "| --- | --- | ---: | --- | ---: | --- |"]
    for rounds in parts.values():
        for group, rows in rounds.items():
            for name, values in rows.items():
                low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
                told = " | ".join((shown(statistics.median(values)), f"{shown(low)} to {shown(high)}"))
                lines.append(f"| {group} | {name} | {told} | {len(values)} | {goals.get((group, name), '')} |")
    return "\n".join(lines)


def shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def kept(file: Path | None) -> dict[str, Rounds]:
    """The parts that an earlier run has written."""
    if file is None or not file.is_file():
        return {}
    found: dict[str, Rounds] = json.loads(file.read_text(encoding="utf-8"))["parts"]
    return found


def keep(file: Path | None, machine: str, parts: dict[str, Rounds]) -> None:
    """Write all parts that are done."""
    if file is not None:
        file.write_text(json.dumps({"machine": machine, "parts": parts}, indent=1), encoding="utf-8")
