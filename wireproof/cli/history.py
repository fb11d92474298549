"""`wireproof history`: shows each check over the kept runs."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import show_examples


def add(commands: Any) -> None:
    """Registers the command."""
    help = "show how each check changed over the kept runs: first failure, flapping, slowdown"
    parser = commands.add_parser("history", help=help, description=help)
    folder = "folder that contains runs/, which `wireproof check --keep` fills (default: reports)"
    parser.add_argument("reports", metavar="FOLDER", type=Path, nargs="?", default=Path("reports"), help=folder)
    parser.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="ID",
        help="id of a check to show (repeatable; default: all checks that changed)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all checks as JSON")
    form.add_argument("--csv", action="store_true", help="print all checks as CSV")

    show_examples(
        parser,
        "wireproof history                                       # checks that fail, flap or slow down",
        "wireproof history --check stream.usage --check chat.n",
        "wireproof history public/reports --csv > history.csv",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the checks that changed, or all checks as data."""
    from wireproof.report.compare.check_trends import find_check_trends
    from wireproof.report.compare.history_db import open_history

    with open_history(options.reports) as database:
        runs = database.execute("SELECT id, started, wireproof, suite, exit FROM runs ORDER BY started, id").fetchall()
        trends = [trend for trend in find_check_trends(database) if not options.check or trend.check in options.check]
    if options.json:
        named = [dict(zip(("id", "started", "wireproof", "suite", "exit"), row, strict=True)) for row in runs]
        print(json.dumps({"runs": named, "checks": [trend.as_data() for trend in trends]}, indent=1))
    elif options.csv:
        print(to_csv(trends), end="")
    else:
        print(to_text(trends, len(runs), every=bool(options.check)))
    return 0


def to_csv(trends: Sequence[Any]) -> str:
    """The trends as CSV, one line per check; no cell can be read as a formula."""
    from wireproof.formats.safe_text import spreadsheet_cell
    from wireproof.report.compare.check_trends import TREND_COLUMNS

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TREND_COLUMNS)
    for trend in trends:
        writer.writerow(
            [spreadsheet_cell(value) if isinstance(value, str) else value for value in trend.as_data().values()]
        )
    return text.getvalue()


def to_text(trends: Sequence[Any], runs: int, *, every: bool) -> str:
    """A line for each check, or for those that fail, flap or change their duration."""
    from wireproof.formats.safe_text import printable

    shown = [trend for trend in trends if every or trend.state == "fails" or trend.flapping or trend.drift]
    lines = [printable(f"{trend.target}, {trend.contract}: {trend.check}: {_trend_text(trend)}") for trend in shown]
    return "\n".join([*lines, f"{runs} runs, {len(trends)} checks, {len(shown)} to look at"])


def _trend_text(trend: Any) -> str:
    parts = [f"{trend.state} in {trend.runs} runs"]
    if trend.failing_since:
        parts.append(f"failing since {trend.failing_since}")
    elif trend.first_failed:
        parts.append(f"first failed in {trend.first_failed}")
    if trend.flapping:
        parts.append(f"flapping, {trend.turns} changes")
    if trend.drift:
        parts.append(f"{trend.drift}: {trend.median_before_ms:g} ms, now {trend.median_ms:g} ms")
    return "; ".join(parts)
