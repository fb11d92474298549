"""`wireproof matrix`: one static page of many runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import write_file


def add(commands: Any) -> None:
    """Register the command."""
    help = "make one static page of many runs: targets by area, and where they differ"
    parser = commands.add_parser("matrix", help=help, description=help)
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="a report.json, or the folder that holds it")
    page = "the page to write (default: matrix.html)"
    parser.add_argument("--into", metavar="FILE", type=Path, default=Path("matrix.html"), help=page)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page and name it."""
    from wireproof.report.finished_run import read_finished_run
    from wireproof.report.many_runs_page import matrix_page

    runs = [(read_finished_run(place), _relative_link(place, options.into.parent)) for place in options.runs]
    write_file(options.into, matrix_page(runs), "--into")
    print(options.into)
    return 0


def _relative_link(place: Path, beside: Path) -> str:
    """The way from the matrix to the page of a run; empty where that was not written."""
    page = (place if place.is_dir() else place.parent) / "report.html"
    return Path(os.path.relpath(page, beside)).as_posix() if page.is_file() else ""
