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
from wireproof.report.endpoint_timings import timings
from wireproof.report.finished_run import Facts, counts
from wireproof.report.html_data import Index, embedded, packed
from wireproof.report.markdown_summary import headline

FOLDER = Path(__file__).parent / "page"
SCRIPTS = ("uplot.min.js", "text.js", "data.js", "detail.js", "list.js", "charts.js", "main.js")
SIGNS = {"pass": "✓", "broken": "✕", "advice": "△", "none": "–", "error": "!"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a matrix: the state of an area in a column, in a sign, a figure and words."""

    state: str
    figure: str
    words: str
    href: str

    @property
    def sign(self) -> str:
        """The state without colour."""
        return SIGNS[self.state]


@cache
def environment() -> Environment:
    """Jinja with every text escaped and shown without control characters."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    made.globals["inline"] = inline
    made.filters["component"] = component
    made.filters["figure"] = "{:,}".format
    return made


def inline(name: str) -> Markup:
    """A file of this folder as it stands: our own styles and scripts, never anyone's text."""
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


def component(text: str) -> str:
    """A part of an address, as the page's own script quotes it; a lone surrogate becomes U+FFFD there too."""
    return quote(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), safe="!'()*")


def page(facts: Facts, index: Index) -> str:
    """The page of one run."""
    script = Markup("\n").join(inline(name) for name in SCRIPTS)
    return (
        environment()
        .get_template("report.html")
        .render(
            facts=facts,
            report=facts.report,
            headline=headline(facts),
            areas=matrix(facts),
            cards=[_card(facts, target) for target in facts.own],
            divergences=facts.report["divergences"],
            timings=timings(fact for _, fact in facts.exchanges),
            script=script,
            script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
            data=packed(embedded(facts, index)),
        )
    )


def matrix(facts: Facts) -> list[tuple[str, list[Cell | None]]]:
    """(area, its cells in the order of `facts.columns`), with the sum over all areas first."""
    held: dict[str, dict[tuple[str, str], list[tuple[Verdict, bool]]]] = {}
    for at, verdict in enumerate(facts.verdicts):
        for area in ("", verdict.area):
            columns = held.setdefault(area, {})
            columns.setdefault((verdict.target, verdict.provider), []).append((verdict, at in facts.gating))
    return [
        (area or "all areas", [_cell(facts, area, column, held[area].get(column)) for column in facts.columns])
        for area in sorted(held)
    ]


def _cell(facts: Facts, area: str, column: tuple[str, str], found: Any) -> Cell | None:
    if not found:
        return None
    target, contract = column
    verdicts = [verdict for verdict, _ in found]
    state, figure, words = weigh(verdicts)
    place = {"target": target, "contract": contract, **({"area": area} if area else {})}
    chosen = {"broken": "broken", "advice": "advice", "error": "error"}.get(state, "all")
    href = "#verdicts?" + urlencode({**place, "show": chosen}, errors="backslashreplace")
    return Cell(state, figure, f"{target}, {area or 'all areas'}, {facts.promise(target, contract)}: {words}", href)


def weigh(verdicts: Iterable[Verdict]) -> tuple[str, str, str]:
    """State, figure and words of some verdicts."""
    found = counts(verdicts)
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


def _card(facts: Facts, target: str) -> dict[str, Any]:
    described = next(one for one in facts.report["targets"] if one["name"] == target)
    columns = []
    for of, contract in facts.columns:
        if of == target:
            state, _, words = weigh(verdict for _, verdict in facts.of(target, contract))
            columns.append({"promise": facts.promise(target, contract), "state": state, "words": words})
    return {**described, "columns": columns}
