"""One static page of many runs: every target by area, in both columns, and the checks they differ on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from wireproof.judging.verdict import Verdict
from wireproof.report.finished_run import FinishedRun
from wireproof.report.html_page import MatrixCell, jinja_environment, state_of_verdicts

OWN_COLUMN, OPENAI_COLUMN = "own", "openai"
COLUMN_TITLES = {OWN_COLUMN: "Keeps its own word", OPENAI_COLUMN: "Is OpenAI-compatible"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One target of one run.

    Attributes:
        link: where the page of the run is, from the page of the matrix; empty where there is none.
        verdicts: column (own or openai) → name of an area or check, or nothing for all → its verdicts.
    """

    target: str
    report: Mapping[str, Any]
    link: str
    verdicts: Mapping[str, Mapping[str, Sequence[Verdict]]]

    def cell(self, column: str, name: str = "") -> MatrixCell | None:
        """The state of an area or a check, or of all; None where nothing was to be judged."""
        found = self.verdicts[column].get(name)
        if not found:
            return None
        state, figure, words = state_of_verdicts(found)
        query = {"target": self.target, "contract": found[0].provider, "q": name if "." in name else ""}
        area = {"area": found[0].area} if name else {}
        href = f"{self.link}#verdicts?{urlencode(query | area, errors='backslashreplace')}" if self.link else ""
        return MatrixCell(
            state, figure, f"{self.target}, {name or 'all areas'}, {COLUMN_TITLES[column].lower()}: {words}", href
        )


def run_rows(runs: Iterable[tuple[FinishedRun, str]]) -> list[RunRow]:
    """A row for each target of each run, in the order given."""
    return [
        RunRow(
            target, facts.report, link, {column: _verdicts_by_area(facts, target, column) for column in COLUMN_TITLES}
        )
        for facts, link in runs
        for target in facts.own_contracts
    ]


def matrix_page(runs: Iterable[tuple[FinishedRun, str]]) -> str:
    """The page; each run comes with the address of its own page."""
    found = run_rows(runs)
    parts = [_section_data(found, column) for column in COLUMN_TITLES]
    suites = sorted({row.report["suite"]["digest"] for row in found})
    differing = _differing_checks(found)
    page = jinja_environment().get_template("matrix.html")
    return page.render(rows=found, parts=parts, suites=suites, differing=differing)


def _verdicts_by_area(facts: FinishedRun, target: str, column: str) -> dict[str, list[Verdict]]:
    contract = facts.own_contracts[target] if column == OWN_COLUMN else "openai"
    held: dict[str, list[Verdict]] = {}
    for _, verdict in facts.column_verdicts(target, contract):
        for name in ("", verdict.area, verdict.check):  # the id of a check has a dot, an area has none
            held.setdefault(name, []).append(verdict)
    return held


def _section_data(found: Sequence[RunRow], column: str) -> dict[str, Any]:
    areas = sorted({name for row in found for name in row.verdicts[column] if name and "." not in name})
    lines = [
        (row, [row.cell(column), *(row.cell(column, area) for area in areas)]) for row in found if row.verdicts[column]
    ]
    return {"title": COLUMN_TITLES[column], "areas": areas, "lines": lines}


def _differing_checks(found: Sequence[RunRow]) -> list[tuple[str, str, list[MatrixCell | None]]]:
    """(check, requirement, cells) of OpenAI's checks that some rows break and others hold."""
    requirements = {v.check: v.requirement for row in found for v in row.verdicts[OPENAI_COLUMN].get("", ())}
    lines = []
    for check in sorted(requirements):
        cells = [row.cell(OPENAI_COLUMN, check) for row in found]
        states = {cell.state for cell in cells if cell and cell.state != "none"}
        if len(states) > 1 and "broken" in states:
            lines.append((check, requirements[check], cells))
    return lines
