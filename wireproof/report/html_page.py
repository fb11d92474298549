"""report.html: one file with every verdict and its evidence, which opens offline."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from wireproof.formats.safe_text import printable
from wireproof.judging.outcomes import SKIP_OUTCOMES
from wireproof.judging.remedies import advice_for
from wireproof.judging.verdict import Verdict
from wireproof.report.column_words import GATING_COLUMNS
from wireproof.report.endpoint_timings import timings_by_endpoint
from wireproof.report.finding_groups import ADVICE, ERROR, FAILS, FindingGroup
from wireproof.report.finding_text import cases_text, difference_text
from wireproof.report.finished_run import FinishedRun, count_by_column
from wireproof.report.html_data import ClauseIndex, pack_json, page_data
from wireproof.report.markdown_summary import headline
from wireproof.report.promises_text import decided_text

PAGE_FOLDER = Path(__file__).parent / "page"
REPORT_PAGE_SCRIPTS = ("uplot.min.js", "text.js", "data.js", "detail.js", "list.js", "charts.js", "theme.js", "main.js")
MAX_LINKS_OF_CAUSE = 12
STATE_SIGNS = {"pass": "✓", "broken": "✕", "advice": "△", "none": "–", "error": "!"}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of a matrix: the state of an area in a column.

    Attributes:
        state: pass, broken, advice, none or error.
        figure: the number of judgements behind the state.
        words: the same in words, for a title and for screen readers.
        href: the address of its verdicts; empty for none.
    """

    state: str
    figure: str
    words: str
    href: str

    @property
    def sign(self) -> str:
        """The sign of the state, readable without colour."""
        return STATE_SIGNS[self.state]


@cache
def jinja_environment() -> Environment:
    """The Jinja environment: it escapes every text and replaces control characters."""
    environment = Environment(
        loader=FileSystemLoader(PAGE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.globals["inline"] = inline_file
    environment.filters["decided"] = decided_text
    environment.filters["component"] = quote_component
    environment.filters["figure"] = "{:,}".format
    return environment


def inline_file(name: str) -> Markup:
    """One of our own styles or scripts, without escapes; never for text of a target."""
    return Markup((PAGE_FOLDER / name).read_text(encoding="utf-8"))


def quote_component(text: str) -> str:
    """Quotes a part of an address as the script of the page does; a lone surrogate becomes U+FFFD."""
    return quote(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), safe="!'()*")


def report_page(facts: FinishedRun, index: ClauseIndex) -> str:
    """The HTML page of one run."""
    script = Markup("\n").join(inline_file(name) for name in REPORT_PAGE_SCRIPTS)
    return (
        jinja_environment()
        .get_template("report.html")
        .render(
            facts=facts,
            report=facts.report,
            gating_columns=GATING_COLUMNS[facts.report["policy"]["authority"]],
            headline=headline(facts),
            causes=[_cause_row(facts, group, index) for group in facts.findings],
            areas=matrix_rows(facts),
            promises=facts.promises,
            cards=[_target_card(facts, target) for target in facts.own_contracts],
            divergences=facts.report["divergences"],
            timings=timings_by_endpoint(fact for _, fact in facts.exchanges),
            script=script,
            script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
            data=pack_json(page_data(facts, index)),
        )
    )


def _cause_row(facts: FinishedRun, group: FindingGroup, index: ClauseIndex) -> dict[str, Any]:
    """A cause as the template shows it: its words, clauses, links to its verdicts, and how to repeat and fix it."""
    members = [facts.verdicts[at] for at in group.positions]
    known = {id: clause for verdict in members for id, clause in index.get(verdict.provider, {}).items()}
    return {
        "group": group,
        "state": {FAILS: "broken", ERROR: "error"}.get(group.kind, "advice"),
        "counted": cases_text(group),
        "difference": difference_text(group),
        "clauses": [(id, known.get(id)) for id in group.clauses],
        "links": [(v.case, _verdict_address(v)) for v in members[:MAX_LINKS_OF_CAUSE]],
        "more": max(0, len(members) - MAX_LINKS_OF_CAUSE),
        "repeat": facts.repeat_command(group) if group.kind != ADVICE else "",
        "advice": advice_for(group.checks[0]),
    }


def _verdict_address(verdict: Verdict) -> str:
    parts = (verdict.target, verdict.provider, verdict.check, verdict.case)
    return "#verdict/" + "/".join(map(quote_component, parts))


def matrix_rows(facts: FinishedRun) -> list[tuple[str, list[MatrixCell | None]]]:
    """The (area, cells in the order of `facts.columns`) rows; the sum over all areas comes first."""
    by_area: dict[str, dict[tuple[str, str], list[Verdict]]] = {}
    for verdict in facts.verdicts:
        for area in ("", verdict.area):
            columns = by_area.setdefault(area, {})
            columns.setdefault((verdict.target, verdict.provider), []).append(verdict)
    return [
        (area or "all areas", [_matrix_cell(facts, area, column, columns.get(column, ())) for column in facts.columns])
        for area, columns in sorted(by_area.items())
    ]


def _matrix_cell(
    facts: FinishedRun, area: str, column: tuple[str, str], verdicts: Sequence[Verdict]
) -> MatrixCell | None:
    if not verdicts:
        return None
    target, contract = column
    state, figure, words = state_of_verdicts(verdicts)
    place = {"target": target, "contract": contract, **({"area": area} if area else {})}
    show = {"broken": "broken", "advice": "advice", "error": "error"}.get(state, "all")
    href = "#verdicts?" + urlencode({**place, "show": show}, errors="backslashreplace")
    return MatrixCell(
        state, figure, f"{target}, {area or 'all areas'}, {facts.promise_text(target, contract)}: {words}", href
    )


def state_of_verdicts(verdicts: Iterable[Verdict]) -> tuple[str, str, str]:
    """The (state, figure, words) of some verdicts."""
    counted = count_by_column(verdicts)
    judged = sum(count for name, count in counted.items() if name not in SKIP_OUTCOMES)
    advice = counted.get("should", 0) + counted.get("may", 0)
    if counted.get("error"):
        return "error", str(counted["error"]), f"{counted['error']} could not be judged"
    broken, late = counted.get("must", 0), counted.get("timed-out", 0)
    if broken or late:
        words = (f"{broken:,} of {judged:,} broken" if broken else "", f"{late:,} timed out" if late else "")
        return "broken", f"{broken + late:,}", ", ".join(filter(None, words))
    if advice:
        return "advice", f"{advice:,}", f"{advice:,} of {judged:,} advised"
    if not judged:
        return "none", "", f"nothing judged, {sum(counted.values()):,} skipped"
    return "pass", f"{judged:,}", f"all {judged:,} hold"


def _target_card(facts: FinishedRun, target: str) -> dict[str, Any]:
    row = next(row for row in facts.report["targets"] if row["name"] == target)
    columns = []
    for of, contract in facts.columns:
        if of == target:
            state, _, words = state_of_verdicts(verdict for _, verdict in facts.column_verdicts(target, contract))
            columns.append({"promise": facts.promise_text(target, contract), "state": state, "words": words})
    return {**row, "columns": columns}
