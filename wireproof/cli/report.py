"""`wireproof report`: writes the reports of a run from its ledger, or a page of load results."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import show_examples
from wireproof.errors import ConfigError

# The kinds of results on a page; each at most once.
RESULT_KINDS = ("load", "sweep", "limits", "failover")


def add(commands: Any) -> None:
    """Registers the command."""
    help = "write the reports of a run again from its ledger, or a page of load runs, sweeps, limits and failovers"
    parser = commands.add_parser("report", help=help, description=help)
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="ledger.jsonl or its folder; or JSON of `load --summary`, or of `sweep`, `limits` or `failover --write`",
    )
    text = "folder of the reports (default: that of the first FILE)"
    parser.add_argument("--into", metavar="FOLDER", type=Path, help=text)
    show_examples(
        parser,
        "wireproof report reports                                # from reports/ledger.jsonl",
        "wireproof report reports/ledger.jsonl --into public",
        "wireproof report load.json sweep.json limits.json --into public   # one page of load results",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the reports and prints the file of the page."""
    results = [read_result(file) for file in options.files]
    if any(result is not None for result in results):
        return _report_from_results(options.files, results, options.into)
    if len(options.files) > 1:
        raise ConfigError(
            str(options.files[1]), "reports are those of one ledger", "see `wireproof matrix` for several"
        )
    return _report_from_ledger(options.files[0], options.into)


def _report_from_ledger(file: Path, folder: Path | None) -> int:
    from wireproof.errors import LedgerError
    from wireproof.report.finished_run import LEDGER_FILE
    from wireproof.report.report_from_ledger import rebuild_report
    from wireproof.report.write_files import write_run_reports

    ledger: Path = file / LEDGER_FILE if file.is_dir() else file
    into: Path = folder or ledger.parent
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


def _report_from_results(files: Sequence[Path], results: Sequence[dict[str, Any] | None], folder: Path | None) -> int:
    from wireproof.load.pages import write_pages

    by_kind: dict[str, Any] = {}
    for file, result in zip(files, results, strict=True):
        if result is None or result["kind"] in by_kind:
            problem = "it is not a result of load" if result is None else f"it is the second {result['kind']} result"
            raise ConfigError(str(file), problem, f"give at most one file of each kind: {', '.join(RESULT_KINDS)}")
        by_kind[result["kind"]] = result
    into = folder or files[0].parent
    write_pages.write_load_pages(into, run=by_kind.pop("load", None), **by_kind)
    print(into / write_pages.HTML_FILE)
    return 0


def read_result(file: Path) -> dict[str, Any] | None:
    """The result of load, sweep, limits or failover in a JSON file; None for any other file."""
    from wireproof.contract import schemas

    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("kind") not in RESULT_KINDS:
        return None
    schemas.check_format(data, data["kind"], str(file))
    return data
