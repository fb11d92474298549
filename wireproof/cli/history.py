"""`wireproof history`: each check over the kept runs."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Register the command."""
    help = "follow each check over the kept runs: since when it fails, whether it flaps or slows"
    parser = commands.add_parser("history", help=help, description=help)
    folder = "the folder that holds runs/ (default: reports)"
    parser.add_argument("reports", metavar="FOLDER", type=Path, nargs="?", default=Path("reports"), help=folder)
    parser.add_argument("--check", action="append", default=[], metavar="ID", help="only this check (repeatable)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--csv", action="store_true", help="print CSV")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what moved, or everything as data."""
    from wireproof.report.compare.check_trends import find_check_trends
    from wireproof.report.compare.history_db import open_history

    with open_history(options.reports) as database:
        runs = database.execute("SELECT id, started, wireproof, suite, exit FROM runs ORDER BY started, id").fetchall()
        found = [course for course in find_check_trends(database) if not options.check or course.check in options.check]
    if options.json:
        named = [dict(zip(("id", "started", "wireproof", "suite", "exit"), row, strict=True)) for row in runs]
        print(json.dumps({"runs": named, "checks": [course.as_data() for course in found]}, indent=1))
    elif options.csv:
        print(to_csv(found), end="")
    else:
        print(to_text(found, len(runs), every=bool(options.check)))
    return 0


def to_csv(found: Sequence[Any]) -> str:
    """One line a check; no cell is a formula."""
    from wireproof.formats.safe_text import spreadsheet_cell
    from wireproof.report.compare.check_trends import TREND_COLUMNS

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TREND_COLUMNS)
    for course in found:
        writer.writerow(
            [spreadsheet_cell(value) if isinstance(value, str) else value for value in course.as_data().values()]
        )
    return text.getvalue()


def to_text(found: Sequence[Any], runs: int, *, every: bool) -> str:
    """A line for each check that fails, flaps or drifts, and for each that was asked for."""
    from wireproof.formats.safe_text import printable

    moved = [course for course in found if every or course.state == "fails" or course.flapping or course.drift]
    lines = [
        printable(f"{course.target}, {course.contract}: {course.check}: {_trend_line(course)}") for course in moved
    ]
    return "\n".join([*lines, f"{runs} runs, {len(found)} checks, {len(moved)} to look at"])


def _trend_line(course: Any) -> str:
    said = [f"{course.state} in {course.runs} runs"]
    if course.failing_since:
        said.append(f"failing since {course.failing_since}")
    elif course.first_failed:
        said.append(f"first failed in {course.first_failed}")
    if course.flapping:
        said.append(f"flapping, {course.turns} turns")
    if course.drift:
        said.append(f"{course.drift}: {course.median_before_ms:g} ms, now {course.median_ms:g} ms")
    return "; ".join(said)
