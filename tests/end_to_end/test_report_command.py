"""`wireproof report` writes the reports of a run again from its ledger."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import schemas
from wireproof.report.write_files import REPORT_VIEWS


@pytest.fixture(name="reports", scope="module")
def _reports(fresh: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run on the mock, with a copy below runs/."""
    into = tmp_path_factory.mktemp("reports")
    words = ["suites", "-q", "--provider", "aion", "-k", "models or smoke", "--keep", "--authority", "all"]
    fresh("pytest", *words, f"--report-dir={into}", "-p", "no:cacheprovider")
    return into


def test_the_reports_from_a_ledger_equal_those_of_the_run(reports: Path, tmp_path: Path) -> None:
    assert main.main(["report", str(reports), "--into", str(tmp_path / "anew")]) == 0
    for name in REPORT_VIEWS:
        written = (reports / name).read_text(encoding="utf-8")
        assert (tmp_path / "anew" / name).read_text(encoding="utf-8") == written, name


def test_every_report_counts_the_same_failures(reports: Path) -> None:
    report = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    schemas.check_format(report, "report", "report.json")
    gating = len(report["gating"])
    assert (report["exit"], report["policy"]["authority"], gating > 0) == (1, "all", True)
    suites = ET.parse(reports / "junit.xml").getroot()
    assert sum(int(suite.get("failures", "")) for suite in suites) == gating
    assert sum(int(suite.get("tests", "")) for suite in suites) == len(report["verdicts"])
    results = json.loads((reports / "report.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    # A result is a cause, which may have several cases.
    failing = [group for group in report["findings"] if group["kind"] == "fails"]
    assert [result["properties"]["cases"] for result in results if result["level"] == "error"] == [
        group["cases"] for group in failing
    ]
    assert gating >= len(failing) > 0
    told = f"{len(failing)} causes ({gating} verdicts) fail the run"
    assert told in (reports / "summary.md").read_text(encoding="utf-8")


def test_a_sarif_result_points_at_its_exchange(reports: Path) -> None:
    lines = (reports / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    for result in json.loads((reports / "report.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]:
        fact = json.loads(lines[result["locations"][0]["physicalLocation"]["region"]["startLine"] - 1])
        assert fact["kind"] == "exchange"
        assert any(fact["case"] in case.split("+") for case in result["properties"]["cases"])


def test_a_kept_run_contains_every_report(reports: Path) -> None:
    (kept,) = (reports / "runs").iterdir()
    assert {file.name for file in kept.iterdir()} == {*REPORT_VIEWS, "ledger.jsonl"}


def test_the_reports_of_an_interrupted_run_are_incomplete(reports: Path, tmp_path: Path) -> None:
    whole = (reports / "ledger.jsonl").read_bytes()
    (tmp_path / "ledger.jsonl").write_bytes(whole[: len(whole) // 2])
    assert main.main(["report", str(tmp_path / "ledger.jsonl")]) == 0
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["complete"], report["exit"]) == (False, 2)
    assert "the run was cut off" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "badge.json").read_text(encoding="utf-8"))["message"] == "not judged"
