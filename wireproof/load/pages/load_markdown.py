"""load.md: a load run, a sweep or a limit probe in Markdown, for step summaries of CI."""

from __future__ import annotations

from collections.abc import Iterator

from wireproof.formats.markdown_table import table
from wireproof.formats.safe_text import code_span
from wireproof.load.pages.load_page import (
    METRIC_COLUMNS,
    THRESHOLD_SIGNS,
    ResultData,
    page_title,
    requests_sentence,
    state_and_headline,
)
from wireproof.load.results import error_bar, throttling
from wireproof.load.results.failover_words import failover_sentence, outage_rows
from wireproof.load.results.number_text import number_text
from wireproof.load.results.sweep_words import answer_sentence, knee_sentence, resolution_sentence
from wireproof.load.scenario.thresholds import measured_text


def load_markdown(
    run: ResultData | None = None,
    sweep: ResultData | None = None,
    limits: ResultData | None = None,
    failover: ResultData | None = None,
) -> str:
    """Returns the outcome, followed by the tables of each result that is given."""
    results = run, sweep, limits, failover
    verdict, _, reasons = state_and_headline(*results)[1].partition(": ")
    lines = [f"# {verdict}", "", *([code_span(reasons), ""] if reasons else []), f"{page_title(*results)}."]
    if run is not None:
        lines += _run_lines(run)
    if sweep is not None:
        lines += [
            "",
            "## Sweep",
            "",
            "; ".join(sentence(sweep) for sentence in (answer_sentence, resolution_sentence, knee_sentence)) + ".",
            "",
        ]
        rows = [
            [f"{step['load']:g}", number_text(step["ok_s"]), f"{step['share']:.1%}", step["verdict"]]
            for step in sweep["steps"]
        ]
        lines += table(["load", "ok/s", "good", ""], rows)
    if limits is not None:
        rows = [
            [THRESHOLD_SIGNS[row["holds"]][1], row["what"], code_span(row["told"]), code_span(row["found"])]
            for row in limits["shown"]
        ]
        lines += [
            "",
            "## Limiter",
            "",
            f"{limits['headline']}.",
            "",
            *table(["", "what", "promised or announced", "measured"], rows),
        ]
    if failover is not None:
        lines += ["", "## Failover", "", *_failover_lines(failover)]
    return "\n".join(lines) + "\n"


def _run_lines(run: ResultData) -> Iterator[str]:
    for doubt in run["doubts"]:
        yield from ("", f"**Invalid**: {doubt}")
    if run["thresholds"]:
        rows = [
            [THRESHOLD_SIGNS[row["holds"]][1], code_span(row["expression"]), measured_text(row)]
            for row in run["thresholds"]
        ]
        yield from ("", *table(["", "threshold", "measured"], rows))
    for name, figures in run["requests"].items():
        yield from ("", f"## {name}", "", requests_sentence(figures), "")
        yield from table(["metric", *METRIC_COLUMNS], _metric_rows(figures["metrics"]))
    judged = run.get("conformance")
    if judged:
        yield from ("", f"Conformance: {judged['conformant']} of {judged['judged']} answers.")
    if held_off := throttling.throttling_sentence(run["limiter"]):
        yield from ("", f"Limiter: {held_off}.")
    yield from ("", f"Error bar: {error_bar.error_bar_sentence(run.get('error_bar'))}.")


def _failover_lines(failover: ResultData) -> list[str]:
    rows = [
        [THRESHOLD_SIGNS[row["holds"]][1], row["span"], row["failures"], row["recovery"], row["health"]]
        for row in outage_rows(failover)
    ]
    return [f"{failover_sentence(failover)}.", "", *table(["", "outage", "requests", "clients", "health page"], rows)]


def _metric_rows(metrics: ResultData) -> list[list[str]]:
    return [[metric, *(number_text(row.get(column)) for column in METRIC_COLUMNS)] for metric, row in metrics.items()]
