"""load.md: a load run, a sweep, or what a limit is, for a step summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wireproof.formats.markdown_table import table
from wireproof.formats.safe_text import code_span
from wireproof.load.pages.load_page import COLUMNS, SIGNS, outcome, title, words
from wireproof.load.results import error_bar, throttling
from wireproof.load.results.sweep_words import answer_sentence, knee_sentence, resolution_sentence
from wireproof.load.scenario.thresholds import measured_text

Found = Mapping[str, Any]


def load_markdown(run: Found | None = None, sweep: Found | None = None, limits: Found | None = None) -> str:
    """The outcome first, then every table."""
    lines = [f"# {outcome(run, sweep, limits)[1]}", "", f"{title(run, sweep, limits)}."]
    if run is not None:
        lines += _run(run)
    if sweep is not None:
        lines += [
            "",
            "## Sweep",
            "",
            "; ".join(tell(sweep) for tell in (answer_sentence, resolution_sentence, knee_sentence)) + ".",
            "",
        ]
        rows = [
            [f"{step['load']:g}", _number(step["ok_s"]), f"{step['share']:.1%}", step["verdict"]]
            for step in sweep["steps"]
        ]
        lines += table(["load", "ok/s", "good", ""], rows)
    if limits is not None:
        rows = [
            [SIGNS[one["holds"]][1], one["what"], code_span(one["told"]), code_span(one["found"])]
            for one in limits["shown"]
        ]
        lines += [
            "",
            "## Limiter",
            "",
            f"{limits['headline']}.",
            "",
            *table(["", "what", "promised or told", "found"], rows),
        ]
    return "\n".join(lines) + "\n"


def _run(run: Found) -> Iterator[str]:
    for doubt in run["doubts"]:
        yield from ("", f"**Not to be believed**: {doubt}")
    if run["thresholds"]:
        rows = [[SIGNS[one["holds"]][1], code_span(one["expression"]), measured_text(one)] for one in run["thresholds"]]
        yield from ("", *table(["", "threshold", "measured"], rows))
    for name, one in run["requests"].items():
        yield from ("", f"## {name}", "", words(one), "")
        yield from table(["metric", *COLUMNS], _rows(one["metrics"]))
    judged = run.get("conformance")
    if judged:
        yield from ("", f"Conformance: {judged['conformant']} of {judged['judged']} answers.")
    if held_off := throttling.throttling_sentence(run["limiter"]):
        yield from ("", f"Limiter: {held_off}.")
    yield from ("", f"Error bar: {error_bar.error_bar_sentence(run.get('error_bar'))}.")


def _rows(metrics: Found) -> list[list[str]]:
    return [[metric, *(_number(row.get(column)) for column in COLUMNS)] for metric, row in metrics.items()]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
