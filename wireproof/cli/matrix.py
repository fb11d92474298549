"""`wireproof matrix`: writes one static page of many runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import show_examples, write_file


def add(commands: Any) -> None:
    """Registers the command."""
    help = "write one static page of many runs, which compares their targets by area"
    parser = commands.add_parser("matrix", help=help, description=help)
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="report.json of a run, or its folder")
    page = "HTML file to write (default: matrix.html)"

    show_examples(
        parser,
        "wireproof matrix reports/runs/*",
        "wireproof matrix gateway-a/report.json gateway-b/report.json --into public/matrix.html",
    )
    parser.add_argument("--into", metavar="FILE", type=Path, default=Path("matrix.html"), help=page)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the page and prints its file."""
    from wireproof.report.finished_run import read_finished_run
    from wireproof.report.many_runs_page import matrix_page

    runs = [(read_finished_run(place), _relative_link(place, options.into.parent)) for place in options.runs]
    write_file(options.into, matrix_page(runs), "--into")
    print(options.into)
    return 0


def _relative_link(place: Path, beside: Path) -> str:
    """The relative link from the matrix to the page of a run; empty if there is no such page."""
    page = (place if place.is_dir() else place.parent) / "report.html"
    return Path(os.path.relpath(page, beside)).as_posix() if page.is_file() else ""
