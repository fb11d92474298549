"""Outcomes: one table lists them, and everything that shows, counts or writes outcomes handles all of them."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mutation import skipped_code
from wireproof.contract import schemas
from wireproof.contract.clause import LEVELS
from wireproof.judging import baseline, check
from wireproof.judging.baseline import Baseline
from wireproof.judging.gate import Gate
from wireproof.judging.outcomes import (
    DECIDED_OUTCOMES,
    ERROR_OUTCOMES,
    GATING_OUTCOMES,
    OUTCOME_TABLE,
    OUTCOMES,
    SKIP_OUTCOMES,
    STEADY_SKIP_OUTCOMES,
    VerdictOutcome,
    outcome_of,
)
from wireproof.judging.verdict import ClauseVerdict, Verdict
from wireproof.report import html_page
from wireproof.report.badge import badge_json
from wireproof.report.finished_run import FinishedRun
from wireproof.report.html_data import page_data
from wireproof.report.junit import junit_xml
from wireproof.report.markdown_summary import to_markdown
from wireproof.session.pytest_plugin.outcome_reports import show_verdict
from wireproof.session.run import Run

ROOT = Path(__file__).parents[1].parent
FORMATS = ROOT / "schemas" / "formats"
IDS = [one.id for one in OUTCOME_TABLE]
RAISED = {one.raised: one.id for one in OUTCOME_TABLE if one.raised is not None}
OFFERED = [getattr(check, name) for name in check.__all__ if name != "NotJson"]
SIGNALS = [kind for kind in OFFERED if isinstance(kind, type) and issubclass(kind, Exception)]
EACH = pytest.mark.parametrize("outcome", OUTCOME_TABLE, ids=IDS)
BESIDE = "with --baseline-skips"
FAILS = {"never": "", "at its level": "exit 1", BESIDE: "", "always": "exit 2"}
POLICY = Gate(own={"t": "iio"})
WITH_BASELINE = replace(POLICY, baseline=Baseline((), date(2026, 1, 1)), baseline_skips=True)


def verdict(outcome: str, level: str = "must") -> Verdict:
    clause = ClauseVerdict("IIO-ERR-002", level, "document", "stated", outcome)
    return Verdict("t", "iio", "errors.refused", "c", "errors", outcome, level, (clause,), "It is.", "said")


def facts() -> FinishedRun:
    """A run with one verdict of each outcome."""
    report = {
        "complete": True,
        "divergences": [],
        "exit": 0,
        "gating": [],
        "requests": 1,
        "started": "2026-01-01T00:00:00+00:00",
        "suite": {"version": "1", "digest": "d"},
        "targets": [{"name": "t", "provider": "iio"}],
        "tokens": {"input": 0, "output": 0},
        "verdicts": [verdict(id).as_data() for id in IDS],
        "wireproof": "1",
    }
    return FinishedRun(report)


# --- what checks raise


@pytest.mark.parametrize("kind", SIGNALS)
def test_every_exception_of_checks_is_an_outcome_and_is_documented(kind: type[Exception]) -> None:
    (expected,) = {id for signal, id in RAISED.items() if issubclass(kind, signal)}
    assert outcome_of(kind("said")) == expected
    assert re.search(rf"^    {kind.__name__} +\w", sys.modules[kind.__module__].__doc__ or "", re.MULTILINE)
    assert kind is check.Violation or kind.__name__ in skipped_code.OUTCOME_EXCEPTIONS


def test_suites_can_import_every_exception_of_the_table() -> None:
    assert set(RAISED) <= set(SIGNALS)


def test_no_exception_is_a_pass_and_an_unexpected_one_an_error() -> None:
    assert (outcome_of(None), outcome_of(KeyError("x"))) == ("pass", "error")


# --- files


def test_the_formats_list_the_outcomes_in_one_file() -> None:
    words = schemas.schema_document("formats/verdict.json")["$defs"]
    assert words["outcome"]["enum"] == IDS
    assert set(words["skipped"]["enum"]) == SKIP_OUTCOMES
    assert set(words["known"]["enum"]) == GATING_OUTCOMES | SKIP_OUTCOMES
    for file in FORMATS.glob("*.json"):
        spelt = [enum for enum in enums(json.loads(file.read_text(encoding="utf-8"))) if SKIP_OUTCOMES & set(enum)]
        assert len(spelt) == (3 if file.name == "verdict.json" else 0), file.name


def enums(schema: Any) -> Iterator[list[Any]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("enum"), list):
            yield [one for one in schema["enum"] if isinstance(one, str)]
        schema = list(schema.values())
    for inner in schema if isinstance(schema, list) else ():
        yield from enums(inner)


@EACH
def test_the_formats_accept_a_verdict_of_each_outcome(outcome: VerdictOutcome) -> None:
    schemas.check_format(verdict(outcome.id).as_data(), "verdict", "a verdict")


def test_the_readme_says_of_each_outcome_what_the_table_says() -> None:
    found = re.findall(
        r"^\| `([\w-]+)`( at .+?)? \| (.+?) \| (.+?) \| (.*?) ?\|$",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    rows = {(id, levels): rest for id, levels, *rest in found if id in OUTCOMES}
    assert list(dict.fromkeys(id for id, _ in rows)) == IDS
    for (id, levels), (means, shown, fails) in rows.items():
        told, advice = OUTCOMES[id], "should" in levels
        assert means == ("advice" if advice else told.means)
        assert shown.startswith("passed" if advice else told.pytest)
        assert fails == ("with `--fail-on should`" if advice else FAILS[told.fails_run])


# --- what a run makes of them


@EACH
@pytest.mark.parametrize("level", LEVELS)
def test_a_run_fails_as_the_table_says(outcome: VerdictOutcome, level: str) -> None:
    one, gates = verdict(outcome.id, level), outcome.fails_run == "at its level" and level == "must"
    assert POLICY.fails_run(one) is gates
    assert WITH_BASELINE.fails_run(one) is (gates or outcome.fails_run == BESIDE)
    judged = 0 if outcome.id in DECIDED_OUTCOMES else 2
    assert POLICY.exit_code([one]) == (2 if outcome.fails_run == "always" else 1 if gates else judged)


@EACH
def test_pytest_shows_it_as_the_table_says(outcome: VerdictOutcome) -> None:
    run = SimpleNamespace(gates=POLICY.fails_run, summary_text=lambda verdict: "failed", policy=POLICY)
    shown = "passed"
    try:
        show_verdict(cast(Run, run), verdict(outcome.id))
    except pytest.fail.Exception:
        shown = "failed"
    except pytest.skip.Exception:
        shown = "skipped"
    # An error is shown before: its item fails while it is set up.
    assert shown == ("passed" if outcome.id in ERROR_OUTCOMES else outcome.pytest)


@EACH
def test_a_baseline_holds_failures_and_on_request_skips(outcome: VerdictOutcome, tmp_path: Path) -> None:
    for gate, expected in ((POLICY, GATING_OUTCOMES), (WITH_BASELINE, GATING_OUTCOMES | STEADY_SKIP_OUTCOMES)):
        held = baseline.entries_for_verdicts([verdict(outcome.id)], {"t": "iio"}, gate.belongs_in_baseline)
        baseline.write_baseline(tmp_path / "b.yaml", held, "--write-baseline")
        known = baseline.read_baseline(tmp_path / "b.yaml", date(2026, 1, 1)).entries
        assert [one.outcome for one in known] == [outcome.id] * (outcome.id in expected)


# --- reports


def test_every_report_counts_each_outcome_once() -> None:
    run = facts()
    (row,) = re.findall(r"^\| `t` \| .+? \|((?: \d+ \|)+)$", to_markdown(run), re.MULTILINE)
    assert sum(map(int, re.findall(r"\d+", row))) == len(IDS)
    assert html_page.state_of_verdicts(run.verdicts)[0] == "error"
    assert html_page.state_of_verdicts(one for one in run.verdicts if one.outcome in SKIP_OUTCOMES)[2] == (
        f"nothing judged, {len(SKIP_OUTCOMES)} skipped"
    )
    assert badge_json(run)["message"] == f"{len(DECIDED_OUTCOMES)} judgements hold"


@EACH
def test_junit_has_an_element_for_what_did_not_pass(outcome: VerdictOutcome) -> None:
    run = facts()
    (case,) = [
        one
        for one in ET.fromstring(junit_xml(run)).iter("testcase")
        if one.find(f"properties/property[@name='outcome'][@value='{outcome.id}']") is not None
    ]
    shown = {"passed": [], "failed": ["system-out"], "skipped": ["skipped"], "error": ["error"]}[outcome.pytest]
    assert [element.tag for element in case][1:] == shown


def test_the_page_takes_its_outcomes_from_the_table() -> None:
    told = page_data(facts(), {})
    assert [row[0] for row in told["outcomes"]] == IDS
    assert [told["outcomes"][row[5]][0] for row in told["verdicts"]] == IDS
    assert [row[1:] for row in told["outcomes"]] == [
        [one.symbol, one.state, one.id in SKIP_OUTCOMES] for one in OUTCOME_TABLE
    ]
    scripts = "".join(
        (html_page.PAGE_FOLDER / name).read_text(encoding="utf-8")
        for name in html_page.REPORT_PAGE_SCRIPTS
        if ".min." not in name
    )
    assert not [id for id in SKIP_OUTCOMES if re.search(rf"""["']{id}["']""", scripts)]
