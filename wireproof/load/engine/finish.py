"""The end of a run: objectives and thresholds, result files, the text on the terminal, the exit code."""

from __future__ import annotations

import html
import json
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from wireproof.errors import ConfigError
from wireproof.load.results import csv_file, summary_text, thresholds_junit
from wireproof.load.results.nothing_measured import reason_nothing_measured
from wireproof.load.results.run_verdict import FAILED, PASSED, UNDECIDED, reason_nothing_succeeded, run_verdict
from wireproof.load.scenario.objectives import parse_objectives
from wireproof.load.scenario.scenario import Scenario
from wireproof.load.scenario.thresholds import breaks_promises, judge_thresholds, parse_threshold

EXIT_THRESHOLDS_HOLD, EXIT_THRESHOLD_BROKEN = 0, 1
VERDICT_STYLES = {PASSED: "green", FAILED: "bold red", UNDECIDED: "bold yellow"}
# Nothing is decided: no request reached the API, a threshold has too few samples, or the figures are doubtful.
EXIT_UNDECIDED = 2


def choose_objectives(options: Namespace, scenarios: Sequence[Scenario]) -> dict[str, float]:
    """The objectives of the command line, else those of the scenarios; raises ConfigError if one cannot be parsed."""
    defaults = {metric: limit for scenario in scenarios for metric, limit in scenario.objectives.items()}
    return parse_objectives(options.slo) or defaults


def collect_thresholds(options: Namespace, scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """The thresholds of the scenarios and of the command line; raises ConfigError if one cannot be parsed."""
    for text in options.threshold:
        parse_threshold(text)
    return (*(text for scenario in scenarios for text in scenario.thresholds), *options.threshold)


def with_threshold_results(summary: dict[str, Any], thresholds: Iterable[str], doubts: Iterable[str]) -> dict[str, Any]:
    """Returns a summary with the results of its thresholds and with further doubts."""
    all_doubts = [*summary["doubts"], *doubts]
    results = judge_thresholds(thresholds, summary)
    return summary | {"valid": not all_doubts, "doubts": all_doubts, "thresholds": results}


def publish_result(summary: Mapping[str, Any], options: Namespace) -> int | None:
    """Prints and writes the result; returns the exit code, or None if locust's own applies."""
    if options.summary:
        Path(options.summary).write_text(json.dumps(summary, indent=1), encoding="utf-8")
    if options.report_dir:
        _write_reports(summary, Path(options.report_dir))
    if options.csv_prefix:
        csv_file.write_csv(summary, Path(f"{options.csv_prefix}_wireproof.csv"))
    if options.html_file and Path(options.html_file).is_file():
        _append_to_page(Path(options.html_file), summary_text.summary_to_text(summary))
    if options.junit:
        Path(options.junit).write_text(
            thresholds_junit.thresholds_to_junit(summary, strict=options.strict), encoding="utf-8"
        )
    _print_result(summary, options)
    if reason := reason_nothing_measured(summary):
        print(f"wireproof: {reason}", file=sys.stderr)
        return EXIT_UNDECIDED
    return load_run_exit_code(summary, strict=options.strict)


def _print_result(summary: Mapping[str, Any], options: Namespace) -> None:
    """Prints the result; on a terminal the reason of a failure and the verdict have a colour."""
    make_text = summary_text.summary_to_text if options.definitions else summary_text.short_text
    *lines, verdict = make_text(summary, strict=options.strict).split("\n\n")
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.print("\n\n".join(lines), style="red" if reason_nothing_succeeded(summary) else None)
    console.print("\n" + verdict, style=VERDICT_STYLES[run_verdict(summary, strict=options.strict)[0]])


def _write_reports(summary: Mapping[str, Any], folder: Path) -> None:
    """Writes load.html, load.md, load.json and load.csv into one directory."""
    # Imported late: a run starts sooner without the template engine.
    from wireproof.load.pages import write_pages

    write_pages.write_load_pages(folder, run=summary)
    (folder / "load.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    csv_file.write_csv(summary, folder / "load.csv")


def load_run_exit_code(summary: Mapping[str, Any], *, strict: bool) -> int | None:
    """The exit code of a result; None if no threshold, no broken promise and not `strict` decides it."""
    if strict and not summary["valid"]:
        return EXIT_UNDECIDED
    verdicts = [threshold["holds"] for threshold in summary["thresholds"]]
    if False in verdicts or breaks_promises(summary):
        return EXIT_THRESHOLD_BROKEN
    if None in verdicts:
        return EXIT_UNDECIDED
    return EXIT_THRESHOLDS_HOLD if verdicts else None


def read_error_bar(file: str | None) -> Any:
    """The error bar that a calibration measured, None without a file; raises ConfigError if it cannot be read."""
    if file is None:
        return None
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))["error_bar"]
    except (OSError, ValueError, KeyError, TypeError):
        remedy = "create it with `wireproof calibrate --write FILE`"
        raise ConfigError(f"--error-bar {file}", "the file holds no error bar", remedy) from None


def _append_to_page(file: Path, text: str) -> None:
    """Appends the result to locust's HTML report."""
    page = file.read_text(encoding="utf-8")
    part = f'<pre id="wireproof" style="padding:1em;white-space:pre-wrap">{html.escape(text)}</pre></body>'
    file.write_text(page.replace("</body>", part, 1), encoding="utf-8")
