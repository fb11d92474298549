"""report.html: one file that opens offline, with every verdict and its evidence inside."""

from __future__ import annotations

import base64
from collections.abc import Iterable
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
from wireproof.judging.verdict import Verdict
from wireproof.report.endpoint_timings import timings_by_endpoint
from wireproof.report.finished_run import FinishedRun, count_by_column
from wireproof.report.html_data import ClauseIndex, pack_json, page_data
from wireproof.report.markdown_summary import headline

PAGE_FOLDER = Path(__file__).parent / "page"
REPORT_PAGE_SCRIPTS = ("uplot.min.js", "text.js", "data.js", "detail.js", "list.js", "charts.js", "main.js")
STATE_SIGNS = {"pass": "✓", "broken": "✕", "advice": "△", "none": "–", "error": "!"}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One place of a matrix: the state of an area in a column, in a sign, a figure and words."""

    state: str
    figure: str
    words: str
    href: str

    @property
    def sign(self) -> str:
        """The state without colour."""
        return STATE_SIGNS[self.state]


@cache
def jinja_environment() -> Environment:
    """Jinja with every text escaped and shown without control characters."""
    made = Environment(
        loader=FileSystemLoader(PAGE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    made.globals["inline"] = inline_file
    made.filters["component"] = quote_component
    made.filters["figure"] = "{:,}".format
    return made


def inline_file(name: str) -> Markup:
    """A file of this folder as it stands: our own styles and scripts, never anyone's text."""
    return Markup((PAGE_FOLDER / name).read_text(encoding="utf-8"))


def quote_component(text: str) -> str:
    """A part of an address, as the page's own script quotes it; a lone surrogate becomes U+FFFD there too."""
    return quote(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), safe="!'()*")


def report_page(facts: FinishedRun, index: ClauseIndex) -> str:
    """The page of one run."""
    script = Markup("\n").join(inline_file(name) for name in REPORT_PAGE_SCRIPTS)
    return (
        jinja_environment()
        .get_template("report.html")
        .render(
            facts=facts,
            report=facts.report,
            headline=headline(facts),
            areas=matrix_rows(facts),
            cards=[_target_card(facts, target) for target in facts.own_contracts],
            divergences=facts.report["divergences"],
            timings=timings_by_endpoint(fact for _, fact in facts.exchanges),
            script=script,
            script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
            data=pack_json(page_data(facts, index)),
        )
    )


def matrix_rows(facts: FinishedRun) -> list[tuple[str, list[MatrixCell | None]]]:
    """(area, its cells in the order of `facts.columns`), with the sum over all areas first."""
    held: dict[str, dict[tuple[str, str], list[tuple[Verdict, bool]]]] = {}
    for at, verdict in enumerate(facts.verdicts):
        for area in ("", verdict.area):
            columns = held.setdefault(area, {})
            columns.setdefault((verdict.target, verdict.provider), []).append((verdict, at in facts.gating_positions))
    return [
        (area or "all areas", [_matrix_cell(facts, area, column, held[area].get(column)) for column in facts.columns])
        for area in sorted(held)
    ]


def _matrix_cell(facts: FinishedRun, area: str, column: tuple[str, str], found: Any) -> MatrixCell | None:
    if not found:
        return None
    target, contract = column
    verdicts = [verdict for verdict, _ in found]
    state, figure, words = state_of_verdicts(verdicts)
    place = {"target": target, "contract": contract, **({"area": area} if area else {})}
    chosen = {"broken": "broken", "advice": "advice", "error": "error"}.get(state, "all")
    href = "#verdicts?" + urlencode({**place, "show": chosen}, errors="backslashreplace")
    return MatrixCell(
        state, figure, f"{target}, {area or 'all areas'}, {facts.promise_text(target, contract)}: {words}", href
    )


def state_of_verdicts(verdicts: Iterable[Verdict]) -> tuple[str, str, str]:
    """State, figure and words of some verdicts."""
    found = count_by_column(verdicts)
    judged = sum(count for name, count in found.items() if name not in SKIP_OUTCOMES)
    advice = found.get("should", 0) + found.get("may", 0)
    if found.get("error"):
        return "error", str(found["error"]), f"{found['error']} could not be judged"
    if found.get("must"):
        return "broken", f"{found['must']:,}", f"{found['must']:,} of {judged:,} broken"
    if advice:
        return "advice", f"{advice:,}", f"{advice:,} of {judged:,} advised"
    if not judged:
        return "none", "", f"nothing judged, {sum(found.values()):,} skipped"
    return "pass", f"{judged:,}", f"all {judged:,} hold"


def _target_card(facts: FinishedRun, target: str) -> dict[str, Any]:
    described = next(one for one in facts.report["targets"] if one["name"] == target)
    columns = []
    for of, contract in facts.columns:
        if of == target:
            state, _, words = state_of_verdicts(verdict for _, verdict in facts.column_verdicts(target, contract))
            columns.append({"promise": facts.promise_text(target, contract), "state": state, "words": words})
    return {**described, "columns": columns}
