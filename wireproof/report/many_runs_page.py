"""The static page of many runs: every target by area, in each column, and the checks on which targets differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from wireproof.contract.clause import WIRE
from wireproof.judging.verdict import Verdict
from wireproof.report.finished_run import FinishedRun
from wireproof.report.html_page import MatrixCell, jinja_environment, state_of_verdicts

OWN_COLUMN, OPENAI_COLUMN = "own", "openai"
COLUMN_TITLES = {
    OWN_COLUMN: "conformance to its own document",
    WIRE: "the wire: rules on which any client relies",
    OPENAI_COLUMN: "OpenAI compatibility",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One target of one run.

    Attributes:
        link: address of the page of the run, relative to the matrix; empty if there is none.
        verdicts: column (own, wire or openai) → area or check id, or "" for all → its verdicts.
    """

    target: str
    report: Mapping[str, Any]
    link: str
    verdicts: Mapping[str, Mapping[str, Sequence[Verdict]]]

    def cell(self, column: str, name: str = "") -> MatrixCell | None:
        """The cell of an area or a check, or of all; None if there are no verdicts."""
        verdicts = self.verdicts[column].get(name)
        if not verdicts:
            return None
        state, figure, words = state_of_verdicts(verdicts)
        query = {"target": self.target, "contract": verdicts[0].provider, "q": name if "." in name else ""}
        area = {"area": verdicts[0].area} if name else {}
        href = f"{self.link}#verdicts?{urlencode(query | area, errors='backslashreplace')}" if self.link else ""
        return MatrixCell(
            state, figure, f"{self.target}, {name or 'all areas'}, {COLUMN_TITLES[column]}: {words}", href
        )


def run_rows(runs: Iterable[tuple[FinishedRun, str]]) -> list[RunRow]:
    """One row for each target of each run, in order."""
    return [
        RunRow(
            target, facts.report, link, {column: _verdicts_by_area(facts, target, column) for column in COLUMN_TITLES}
        )
        for facts, link in runs
        for target in facts.own_contracts
    ]


def matrix_page(runs: Iterable[tuple[FinishedRun, str]]) -> str:
    """The HTML page of several runs, each given with the address of its own page."""
    rows = run_rows(runs)
    parts = [_section_data(rows, column) for column in COLUMN_TITLES]
    suites = sorted({row.report["suite"]["digest"] for row in rows})
    differing = _differing_checks(rows)
    page = jinja_environment().get_template("matrix.html")
    return page.render(rows=rows, parts=parts, suites=suites, differing=differing)


def _verdicts_by_area(facts: FinishedRun, target: str, column: str) -> dict[str, list[Verdict]]:
    contract = facts.own_contracts[target] if column == OWN_COLUMN else column
    by_name: dict[str, list[Verdict]] = {}
    for _, verdict in facts.column_verdicts(target, contract):
        for name in ("", verdict.area, verdict.check):  # the id of a check has a dot, an area has none
            by_name.setdefault(name, []).append(verdict)
    return by_name


def _section_data(rows: Sequence[RunRow], column: str) -> dict[str, Any]:
    areas = sorted({name for row in rows for name in row.verdicts[column] if name and "." not in name})
    lines = [
        (row, [row.cell(column), *(row.cell(column, area) for area in areas)]) for row in rows if row.verdicts[column]
    ]
    title = COLUMN_TITLES[column]
    return {"title": title[0].upper() + title[1:], "areas": areas, "lines": lines}


def _differing_checks(rows: Sequence[RunRow]) -> list[tuple[str, str, list[MatrixCell | None]]]:
    """The (check, requirement, cells) of OpenAI's checks that fail for some rows and hold for others."""
    requirements = {v.check: v.requirement for row in rows for v in row.verdicts[OPENAI_COLUMN].get("", ())}
    lines = []
    for check in sorted(requirements):
        cells = [row.cell(OPENAI_COLUMN, check) for row in rows]
        states = {cell.state for cell in cells if cell and cell.state != "none"}
        if len(states) > 1 and "broken" in states:
            lines.append((check, requirements[check], cells))
    return lines
