"""Writes every report of a run beside its ledger; each is a pure function of report.json and the exchanges."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

from wireproof.contract import loading
from wireproof.contract.target_columns import clauses_of_column
from wireproof.report.badge import badge_json
from wireproof.report.finished_run import LEDGER_FILE, REPORT_FILE, RUNS_FOLDER, FinishedRun, read_exchanges
from wireproof.report.github_annotations import github_annotations
from wireproof.report.html_data import ClauseIndex
from wireproof.report.html_page import report_page
from wireproof.report.junit import junit_xml
from wireproof.report.markdown_summary import to_markdown
from wireproof.report.sarif import sarif_json


def write_run_reports(into: Path, report: dict[str, Any]) -> FinishedRun:
    """Writes every report, report.json too, and returns the run; the evidence is in the ledger of the folder."""
    into.mkdir(parents=True, exist_ok=True)
    facts = FinishedRun(report, read_exchanges(into / LEDGER_FILE))
    for name, text in REPORT_VIEWS.items():
        # A lone surrogate of a response is written as an escape, since UTF-8 cannot encode it.
        (into / name).write_text(text(facts), encoding="utf-8", errors="backslashreplace")
    return facts


def copy_to_runs(into: Path) -> Path:
    """Copies the reports of the latest run to runs/<start time>, from which the history reads; returns the folder."""
    started: str = json.loads((into / REPORT_FILE).read_text(encoding="utf-8"))["started"]
    name = started.partition("+")[0].replace(":", "-")
    numbered = (f"{name}-{number}" for number in count(2))
    free: str = next(id for id in chain([name], numbered) if not (into / RUNS_FOLDER / id).exists())
    (into / RUNS_FOLDER / free).mkdir(parents=True)
    for file in (LEDGER_FILE, *REPORT_VIEWS):
        if (into / file).is_file():
            shutil.copyfile(into / file, into / RUNS_FOLDER / free / file)
    return into / RUNS_FOLDER / free


def find_clause_index(facts: FinishedRun) -> ClauseIndex:
    """Contract → clause id → clause, for the contracts of this suite that judged the run."""
    providers = loading.load_providers()
    contracts = sorted({verdict.provider for verdict in facts.verdicts})
    known = {name: clauses_of_column(name, providers) for name in contracts}
    return {name: {clause.id: clause for clause in clauses} for name, clauses in known.items() if clauses}


def _to_json_text(data: Mapping[str, Any]) -> str:
    # Characters outside ASCII are escaped, so that no text of a server can control the terminal of a reader. Each
    # member and each verdict is one line: a full indent takes the standard library six times as long.
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {_to_json_lines(value)}" for name, value in data.items()) + "\n}\n"


def _to_json_lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]"


REPORT_VIEWS: dict[str, Callable[[FinishedRun], str]] = {
    REPORT_FILE: lambda facts: _to_json_text(facts.report),
    "junit.xml": junit_xml,
    "summary.md": to_markdown,
    "report.sarif": lambda facts: _to_json_text(sarif_json(facts)),
    "annotations.txt": github_annotations,
    "badge.json": lambda facts: _to_json_text(badge_json(facts)),
    "report.html": lambda facts: report_page(facts, find_clause_index(facts)),
}
