"""Every report of a run: its format, and the quoting of texts of a server."""

from __future__ import annotations

import csv
import io
import json
import re
import string
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from jsonschema import Draft7Validator, FormatChecker

from wireproof.cli import history as history_command
from wireproof.contract import loading, schemas
from wireproof.evidence.exchange import Exchange, Request, TransportFailure
from wireproof.judging.decided_promises import DocumentPromises, OpenGroup
from wireproof.judging.undecided_causes import UNDECIDED_CAUSES
from wireproof.judging.verdict import Verdict
from wireproof.report import html_data, html_page
from wireproof.report.badge import badge_json
from wireproof.report.compare.check_trends import CheckTrend
from wireproof.report.failure_text import failure_text
from wireproof.report.finished_run import FinishedRun
from wireproof.report.junit import junit_xml
from wireproof.report.many_runs_page import matrix_page
from wireproof.report.markdown_summary import to_markdown
from wireproof.report.promises_text import promises_lines
from wireproof.report.sarif import finding_fingerprint, sarif_json
from wireproof.report.terminal_summary import summary_lines
from wireproof.report.write_files import REPORT_VIEWS, write_run_reports

NASTY = ["</script>", "<!--", "]]>", "{{1}}", "|", "`", "```", "@all", "[x](y)", "<img src=x>", "&amp;", '"', "'"]
STEERING = [
    "\x1b[31m",
    "\x00",
    "\r",
    "\n",
    "\u202e",
    "\u2028",
    "\x9b2J",
    "\ud800",
    "=1+1",
    "+1",
    "-1",
    "\t=1",
    "\ufffe",
]
SAID = st.lists(st.sampled_from(NASTY + STEERING) | st.text(max_size=5), max_size=6).map("".join)
SARIF = Draft7Validator(
    json.loads((Path(__file__).parents[1] / "data/sarif/sarif-schema-2.1.0.json").read_text(encoding="utf-8")),
    format_checker=FormatChecker(),
)
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800-\udfff]")


def facts_of(said: str, outcome: str = "fail", exit: int = 1) -> FinishedRun:
    clause = {"id": "IIO-ERR-002", "level": "must", "authority": "document", "basis": "stated", "outcome": outcome}
    finding = {"expected": said, "actual": said, "where": said}
    verdict = {
        "target": said or "t",
        "provider": "iio",
        "check": "errors.refused",
        "case": "chat-basic",
        "area": "errors",
        "outcome": outcome,
        "level": "must",
        "requirement": "It is refused.",
        "message": said,
        "findings": [finding],
        "clauses": [clause],
    }
    divergence = {"target": said, "check": "a.b", "case": "c", "own": "pass", "openai": ["X-1"], "message": said}
    target = {
        "name": said or "t",
        "provider": "iio",
        "base_url": said or "u",
        "models": {"chat": said},
        "profile": "core",
    }
    promises = DocumentPromises(said or "t", "iio", ("IIO-ERR-002",), (OpenGroup("key", ("X-1",), ("--key a=ENV",)),))
    report = {
        "format": 1,
        "wireproof": "1",
        "suite": {"version": "1", "digest": "0" * 16},
        "started": "2026-01-02T03:04:05+00:00",
        "complete": True,
        "exit": exit,
        "policy": {"fail_on": "must", "authority": "document"},
        "targets": [target],
        "verdicts": [verdict, {**verdict, "case": "chat-n", "level": "should"}],
        "gating": [0] if outcome == "fail" else [],
        "divergences": [divergence],
        "requests": 1,
        "tokens": {"input": 1, "output": 1},
        "summary": {},
        "promises": [promises.as_data()],
        "too_little": [said] if exit == 2 and said else [],
    }
    return FinishedRun(report)


@FAST
@given(SAID)
def test_pages_contain_texts_of_servers_as_text_only(said: str) -> None:
    """The page has only the elements of its template, for any text."""
    for made in (html_page.report_page(facts_of(said), {}), matrix_page([(facts_of(said), "report.html")])):
        assert not UNSEEN.search(made.replace("\t", ""))
        tags = re.findall(
            r"<\s*([a-zA-Z!/][a-zA-Z]*)", re.sub(r"<script>.*?</script>|<style>.*?</style>", "", made, flags=re.S)
        )
        assert not {"img", "!--"} & set(tags)
        assert made.count("</script>") == made.count("<script")


@pytest.mark.parametrize(
    ("authority", "words"),
    [
        ("document", "the own document and the wire"),
        ("openai", "OpenAI&#39;s document and the wire"),
        ("wire", "the wire"),
        ("all", "every column"),
    ],
)
def test_a_page_names_each_column_and_those_that_fail_the_run(authority: str, words: str) -> None:
    facts = facts_of("t")
    first = dict(facts.report["verdicts"][0])
    columns = [first | {"provider": name} for name in ("iio", "wire", "openai")]
    report = {**facts.report, "verdicts": columns, "policy": {"fail_on": "must", "authority": authority}}
    report["targets"] = [{**facts.report["targets"][0], "provider": "iio"}]
    page = html_page.report_page(replace(facts, report=report), {})
    assert re.findall('class="column">([^<]*)</th>', page) == ["own document", "the wire", "OpenAI"]
    assert f"by <b>{words}</b>" in page


@FAST
@given(SAID)
def test_the_data_of_a_page_cannot_end_its_element(said: str) -> None:
    held = html_data.pack_json(html_data.page_data(facts_of(said), {}))
    assert set(held) <= set(string.ascii_letters + string.digits + "+/=")


@FAST
@given(SAID)
def test_junit_is_well_formed_for_any_text(said: str) -> None:
    root = ET.fromstring(junit_xml(facts_of(said)))
    assert [case.tag for case in root.iter("testcase")] == ["testcase", "testcase"]
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "properties", "property", "failure", "skipped", "error", "system-out",
    }  # fmt: skip


@FAST
@given(SAID)
def test_the_markdown_summary_quotes_texts_in_code_spans(said: str) -> None:
    """The text is in code spans only and adds no line to the page."""
    made, plain = to_markdown(facts_of(said)), to_markdown(facts_of("t"))
    assert len(made.splitlines()) == len(plain.splitlines())
    assert not UNSEEN.search(made)
    assert without_code(made) == without_code(plain)


def without_code(text: str) -> str:
    """The text without its code spans, by CommonMark: a run of as many backticks ends a span."""
    left, at = "", 0
    while opening := re.compile("`+").search(text, at):
        closing = re.compile(f"(?<!`){opening[0]}(?!`)").search(text, opening.end())
        left += text[at : opening.start()]
        at = closing.end() if closing else opening.end()
    return left + text[at:]


@FAST
@given(SAID)
def test_sarif_and_badge_are_json_without_control_characters(said: str) -> None:
    for made in (sarif_json(facts_of(said)), badge_json(facts_of(said))):
        for text in texts(json.loads(json.dumps(made))):
            assert not UNSEEN.search(text)


def texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    values = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [text for value in values for text in texts(value)]


@FAST
@given(SAID)
@example("x" * 79)
def test_the_end_on_the_terminal_is_short_and_holds_no_control_sequence(said: str) -> None:
    lines = summary_lines(facts_of(said), [said])
    assert not UNSEEN.search("".join(lines))
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 33


@FAST
@given(SAID)
def test_no_file_beside_the_page_holds_a_control_sequence(said: str) -> None:
    for name in REPORT_VIEWS.keys() - {"report.html"}:
        assert not UNSEEN.search(REPORT_VIEWS[name](facts_of(said))), name


@FAST
@given(SAID)
def test_the_reasons_of_a_run_that_decided_too_little_are_quoted(said: str) -> None:
    for name, made in REPORT_VIEWS.items():
        text = made(facts_of(said, "inconclusive", 2))
        assert not UNSEEN.search(text.replace("\t", "") if name == "report.html" else text), name
        assert name != "report.html" or "<img" not in text


@pytest.mark.parametrize("groups", [0, 1, 3, 17])
def test_the_promises_of_a_target_are_three_lines_of_80_columns_at_most(groups: int) -> None:
    named = [cause.id for cause in UNDECIDED_CAUSES][:groups]
    options = tuple(f"--key tier-{at}=ENV" for at in range(9))
    found = tuple(OpenGroup(id, tuple(f"X-{at}" for at in range(at, 40)), options) for at, id in enumerate(named))
    told = DocumentPromises("a-provider-with-a-long-name", "a-provider", ("X-99",) * 150, found)
    lines = promises_lines(told)
    assert len(lines) <= 3
    assert max(map(len, lines)) <= 80
    figures = re.findall(r"\b(\d+) (?:of|need|were|met|are|ended|depend|for)\b", " ".join(" ".join(lines).split()))
    assert sum(map(int, figures)) == told.total, lines


@FAST
@given(SAID)
def test_a_failure_text_has_no_control_sequence(said: str) -> None:
    verdict = Verdict.from_data({**facts_of(said).report["verdicts"][0], "check": said})
    request = Request("POST", f"http://h/{said}", (("X-Said", said),), said.encode("utf-8", "replace"))
    exchange = Exchange(
        said, "c", "chat", 0, request, broken=TransportFailure("protocol", said, b"\x1b[31m"), retries=(said,)
    )
    assert not UNSEEN.search(failure_text(verdict, [exchange], {}))


@FAST
@given(SAID)
def test_no_cell_of_the_csv_is_a_formula(said: str) -> None:
    made = history_command.to_csv([CheckTrend(said, said, said, 1, "holds")])
    (_, row) = csv.reader(io.StringIO(made))
    assert len(row) == 12
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row[:3])
    assert not UNSEEN.search(made)


def test_templates_escape_every_text() -> None:
    assert isinstance(html_page.jinja_environment(), Environment)
    assert html_page.jinja_environment().autoescape is True


def test_every_report_is_written_and_report_json_conforms_to_its_format(tmp_path: Path) -> None:
    facts = facts_of("</script>\ud800")
    write_run_reports(tmp_path, dict(facts.report))
    assert {file.name for file in tmp_path.iterdir()} == set(REPORT_VIEWS)
    schemas.check_format(json.loads((tmp_path / "report.json").read_text(encoding="utf-8")), "report", "report.json")


def test_the_same_facts_make_the_same_files() -> None:
    index = {"iio": {clause.id: clause for clause in loading.load_clauses("iio")}}
    assert html_page.report_page(facts_of("x"), index) == html_page.report_page(facts_of("x"), index)
    assert junit_xml(facts_of("x")) == junit_xml(facts_of("x"))


def test_sarif_has_rules_places_and_stable_fingerprints() -> None:
    """The members that SARIF 2.1.0 requires, and those that code scanning reads."""
    (run,) = sarif_json(facts_of("boom"))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [result["level"] for result in run["results"]] == ["error"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "errors.refused"
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "ledger.jsonl"
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert place["region"]["startLine"] >= 1
        assert result["message"]["text"]
    assert all(rule["helpUri"].startswith("https://") for rule in rules)
    (fingerprint,) = [result["partialFingerprints"]["cause/v1"] for result in run["results"]]
    assert fingerprint == finding_fingerprint(facts_of("boom").findings[0])


def test_sarif_of_a_green_run_has_no_results() -> None:
    facts = facts_of("boom", exit=0)
    advice = FinishedRun({**facts.report, "gating": []})
    assert advice.findings
    assert sarif_json(advice)["runs"][0]["results"] == []


@FAST
@given(SAID, st.sampled_from(["pass", "fail", "error", "inconclusive"]))
def test_sarif_conforms_to_the_schema_of_its_standard(said: str, outcome: str) -> None:
    made = json.loads(json.dumps(sarif_json(facts_of(said, outcome))))
    assert [error.message for error in SARIF.iter_errors(made)] == []


def test_the_schema_of_sarif_rejects_an_invalid_line() -> None:
    made = sarif_json(facts_of("boom"))
    made["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert [error.json_path for error in SARIF.iter_errors(made)] == [
        "$.runs[0].results[0].locations[0].physicalLocation.region.startLine"
    ]


def test_sarif_points_at_the_ledger_line_of_the_evidence() -> None:
    exchange = {"target": "boom", "case": "chat-basic"}
    facts = FinishedRun(facts_of("boom").report, ((7, exchange), (9, exchange)))
    region = sarif_json(facts)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 9}


@pytest.mark.parametrize(
    ("outcome", "exit", "message", "color"),
    [
        pytest.param("pass", 0, "2 judgements hold", "brightgreen", id="holds"),
        pytest.param("fail", 1, "1 broken promise", "red", id="broken"),
        pytest.param("error", 2, "not judged", "lightgrey", id="could-not-ask"),
    ],
)
def test_the_badge_shows_the_outcome(outcome: str, exit: int, message: str, color: str) -> None:
    made = badge_json(facts_of("boom", outcome, exit))
    assert (made["schemaVersion"], made["label"]) == (1, "wireproof: boom")
    assert (made["message"], made["color"], made["isError"]) == (message, color, exit == 2)


def test_junit_failures_are_the_verdicts_that_fail_the_run() -> None:
    suite = ET.fromstring(junit_xml(facts_of("boom")))[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2", "failures": "1", "errors": "0", "skipped": "0",
    }  # fmt: skip
    advice = suite.findall("testcase")[1].find("system-out")
    assert advice is not None
    assert "advice, should" in (advice.text or "")


@pytest.mark.parametrize(("outcome", "told"), [("pass", False), ("untestable", False), ("fail", True)])
def test_junit_has_the_requirement_of_what_is_broken(outcome: str, told: bool) -> None:
    case = ET.fromstring(junit_xml(facts_of("boom", outcome)))[0].find("testcase")
    assert case is not None
    assert (case.find("properties/property[@name='requirement']") is not None) == told
