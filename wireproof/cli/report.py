"""`wireproof report`: every report anew, from the ledger of a run, or from what load runs, sweeps and limits told."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError

# What a file of JSON may tell; each on one page at most once.
RESULT_KINDS = ("load", "sweep", "limits")


def add(commands: Any) -> None:
    """Register the command."""
    help = "write the reports of a run anew, from its ledger; or a page of load runs, sweeps and limits"
    parser = commands.add_parser("report", help=help, description=help)
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="a ledger, or the folder that holds one; or the JSON of load --summary, sweep --write, limits --write",
    )
    parser.add_argument("--into", metavar="FOLDER", type=Path, help="where to write (default: beside the first file)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the reports and name the page."""
    told = [read_result(file) for file in options.files]
    if any(one is not None for one in told):
        return _report_from_results(options.files, told, options.into)
    if len(options.files) > 1:
        raise ConfigError(str(options.files[1]), "one ledger makes one page", "see `wireproof matrix` for several")
    return _report_from_ledger(options.files[0], options.into)


def _report_from_ledger(file: Path, given: Path | None) -> int:
    from wireproof.errors import LedgerError
    from wireproof.report.finished_run import LEDGER_FILE
    from wireproof.report.report_from_ledger import rebuild_report
    from wireproof.report.write_files import write_run_reports

    ledger: Path = file / LEDGER_FILE if file.is_dir() else file
    into: Path = given or ledger.parent
    report = rebuild_report(ledger)
    try:
        into.mkdir(parents=True, exist_ok=True)
        if ledger.resolve() != (into / LEDGER_FILE).resolve():
            shutil.copyfile(ledger, into / LEDGER_FILE)
        write_run_reports(into, report)
    except OSError as error:
        raise LedgerError(f"{into}: the reports cannot be written ({error.strerror})") from None
    print(into / "report.html")
    return 0


def _report_from_results(files: Sequence[Path], told: Sequence[dict[str, Any] | None], given: Path | None) -> int:
    from wireproof.load.pages import write_pages

    found: dict[str, Any] = {}
    for file, one in zip(files, told, strict=True):
        if one is None or one["kind"] in found:
            problem = "it is no load run, sweep or limit" if one is None else f"it is a second {one['kind']}"
            raise ConfigError(str(file), problem, "give one file of each kind")
        found[one["kind"]] = one
    into = given or files[0].parent
    write_pages.write_load_pages(into, run=found.get("load"), sweep=found.get("sweep"), limits=found.get("limits"))
    print(into / write_pages.HTML_FILE)
    return 0


def read_result(file: Path) -> dict[str, Any] | None:
    """What a file of one of these kinds tells; None for anything else."""
    from wireproof.contract import schemas

    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("kind") not in RESULT_KINDS:
        return None
    schemas.check_format(data, data["kind"], str(file))
    return data
