"""Every report of a run beside its ledger, each a pure function of report.json and the exchanges."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

from wireproof.contract import loading
from wireproof.report.badge import badge
from wireproof.report.finished_run import LEDGER, REPORT, RUNS, Facts, exchanges_in
from wireproof.report.html_data import Index
from wireproof.report.html_page import page
from wireproof.report.junit import junit
from wireproof.report.markdown_summary import markdown
from wireproof.report.sarif import sarif


def write_all(into: Path, report: dict[str, Any]) -> None:
    """Write report.json and every view of it; the ledger in the folder gives the evidence."""
    into.mkdir(parents=True, exist_ok=True)
    facts = Facts(report, exchanges_in(into / LEDGER))
    for name, text in VIEWS.items():
        # A lone surrogate of an answer is written as an escape; UTF-8 has no way to say it.
        (into / name).write_text(text(facts), encoding="utf-8", errors="backslashreplace")


def keep(into: Path) -> Path:
    """Copy the reports of the latest run to runs/<when it started>, where history finds them."""
    started: str = json.loads((into / REPORT).read_text(encoding="utf-8"))["started"]
    name = started.partition("+")[0].replace(":", "-")
    numbered = (f"{name}-{number}" for number in count(2))
    free: str = next(id for id in chain([name], numbered) if not (into / RUNS / id).exists())
    (into / RUNS / free).mkdir(parents=True)
    for file in (LEDGER, *VIEWS):
        if (into / file).is_file():
            shutil.copyfile(into / file, into / RUNS / free / file)
    return into / RUNS / free


def clauses_of(facts: Facts) -> Index:
    """Contract → clause id → clause, for the contracts of this suite that judged the run."""
    known = loading.load_providers()
    contracts = {verdict.provider for verdict in facts.verdicts}
    return {
        name: {clause.id: clause for clause in loading.load_clauses(known[name].schemas)}
        for name in sorted(contracts & known.keys())
    }


def _json(data: Mapping[str, Any]) -> str:
    # What is not ASCII is escaped, so that no text of a server steers the terminal of who looks at the file. A member
    # a line, and a verdict a line: with an indent for everything the standard library takes six times as long.
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {_listed(value)}" for name, value in data.items()) + "\n}\n"


def _listed(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]"


VIEWS: dict[str, Callable[[Facts], str]] = {
    REPORT: lambda facts: _json(facts.report),
    "junit.xml": junit,
    "summary.md": markdown,
    "report.sarif": lambda facts: _json(sarif(facts)),
    "badge.json": lambda facts: _json(badge(facts)),
    "report.html": lambda facts: page(facts, clauses_of(facts)),
}
