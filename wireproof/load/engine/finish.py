"""What a run is held against, and what becomes of its result: files, the terminal, the exit code."""

from __future__ import annotations

import html
import json
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError
from wireproof.load.results import csv_file, summary_text, thresholds_junit
from wireproof.load.scenario import objectives as slo
from wireproof.load.scenario import thresholds as threshold
from wireproof.load.scenario.scenario import Scenario

EXIT_THRESHOLDS_HOLD, EXIT_THRESHOLD_BROKEN, EXIT_TOO_FEW_VALUES, EXIT_DOUBTS = 0, 1, 2, 3


def choose_objectives(given: Namespace, scenarios: Sequence[Scenario]) -> dict[str, float]:
    """The objectives of the command line, else those of the scenarios; ConfigError where one does not read."""
    named = {metric: limit for one in scenarios for metric, limit in one.objectives.items()}
    return slo.parse_objectives(given.slo) or named


def collect_thresholds(given: Namespace, scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """The thresholds of the scenarios and of the command line; ConfigError where one does not read."""
    for text in given.threshold:
        threshold.parse_threshold(text)
    return (*(text for one in scenarios for text in one.thresholds), *given.threshold)


def with_threshold_results(found: dict[str, Any], thresholds: Iterable[str], doubts: Iterable[str]) -> dict[str, Any]:
    """A summary with what its thresholds come to, and with further doubts."""
    every = [*found["doubts"], *doubts]
    return found | {"valid": not every, "doubts": every, "thresholds": threshold.judge_thresholds(thresholds, found)}


def publish_result(found: Mapping[str, Any], given: Namespace) -> int | None:
    """Print and write the result; the exit code, or None where locust's own says all."""
    if given.summary:
        Path(given.summary).write_text(json.dumps(found, indent=1), encoding="utf-8")
    if given.report_dir:
        _write_reports(found, Path(given.report_dir))
    if given.csv_prefix:
        csv_file.write_csv(found, Path(f"{given.csv_prefix}_wireproof.csv"))
    if given.html_file and Path(given.html_file).is_file():
        _append_to_page(Path(given.html_file), summary_text.summary_to_text(found))
    if given.junit:
        Path(given.junit).write_text(thresholds_junit.thresholds_to_junit(found, strict=given.strict), encoding="utf-8")
    print(summary_text.summary_to_text(found))
    return load_run_exit_code(found, strict=given.strict)


def _write_reports(found: Mapping[str, Any], into: Path) -> None:
    """Every report of ours in one folder."""
    # Only here: a template engine is no part of how soon a run starts.
    from wireproof.load.pages import write_pages

    write_pages.write_load_pages(into, run=found)
    (into / "load.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    csv_file.write_csv(found, into / "load.csv")


def load_run_exit_code(found: Mapping[str, Any], *, strict: bool) -> int | None:
    """What the result comes to; None where nothing was asked of it but answers."""
    if strict and not found["valid"]:
        return EXIT_DOUBTS
    verdicts = [one["holds"] for one in found["thresholds"]]
    if False in verdicts:
        return EXIT_THRESHOLD_BROKEN
    if None in verdicts:
        return EXIT_TOO_FEW_VALUES
    return EXIT_THRESHOLDS_HOLD if verdicts else None


def read_error_bar(file: str | None) -> Any:
    """What a calibration measured; ConfigError where the file does not read."""
    if file is None:
        return None
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))["error_bar"]
    except (OSError, ValueError, KeyError, TypeError):
        remedy = "make it by `wireproof calibrate --write FILE`"
        raise ConfigError(f"--error-bar {file}", "it holds no error bar", remedy) from None


def _append_to_page(file: Path, told: str) -> None:
    """Put the result with its definitions at the end of locust's report."""
    page = file.read_text(encoding="utf-8")
    part = f'<pre id="wireproof" style="padding:1em;white-space:pre-wrap">{html.escape(told)}</pre></body>'
    file.write_text(page.replace("</body>", part, 1), encoding="utf-8")
