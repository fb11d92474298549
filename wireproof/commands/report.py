"""`wireproof report`: every report anew, from the ledger of a run."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Register the command."""
    help = "write the reports of a run anew, from its ledger"
    parser = commands.add_parser("report", help=help, description=help)
    parser.add_argument("ledger", metavar="LEDGER", type=Path, help="a ledger, or the folder that holds one")
    parser.add_argument("--into", metavar="FOLDER", type=Path, help="where to write (default: beside the ledger)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the reports and name the page."""
    from wireproof.errors import LedgerError
    from wireproof.report.facts import LEDGER
    from wireproof.report.files import write_all
    from wireproof.report.rebuilt import rebuilt

    ledger: Path = options.ledger / LEDGER if options.ledger.is_dir() else options.ledger
    into: Path = options.into or ledger.parent
    report = rebuilt(ledger)
    try:
        into.mkdir(parents=True, exist_ok=True)
        if ledger.resolve() != (into / LEDGER).resolve():
            shutil.copyfile(ledger, into / LEDGER)
        write_all(into, report)
    except OSError as error:
        raise LedgerError(f"{into}: the reports cannot be written ({error.strerror})") from None
    print(into / "report.html")
    return 0
