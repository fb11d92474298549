"""Thresholds, their exit codes and their JUnit report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from wireproof.errors import ConfigError
from wireproof.load.engine import finish
from wireproof.load.results import thresholds_junit
from wireproof.load.scenario import thresholds


def one(**more: Any) -> dict[str, Any]:
    times = {"n": 1000, "mean": 120.0, "min": 50.0, "max": 900.0, "p50": 100.0, "p90": 200.0, "p95": 290.0, "p99": None}
    told = {
        "outcomes": {"ok": 95, "throttled": 3, "cut": 2, "left": 100},
        "good": 90,
        "requests_s": 20.0,
        "ok_s": 9.5,
        "goodput_s": 9.0,
        "tokens_s": 640.0,
        "metrics": {"TTFT ms": times, "tok/s": {"n": 95, "p50": 40.0, "mean": 41.0}},
    }
    return told | more


def summary(**more: Any) -> dict[str, Any]:
    told = {
        "provider": "openai",
        "scenarios": [{"name": "stream", "digest": ""}],
        "window_s": 10.0,
        "all": one(),
        "requests": {"chat-basic": one(good=1)},
        "schedule": {"due": 200, "missed": 2},
        "conformance": {"judged": 200, "conformant": 200, "share": 1.0},
        "valid": True,
        "doubts": [],
    }
    return told | more


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("ttft_p95 < 300ms", 290.0, True),
        ("ttft_p95 < 0.28s", 290.0, False),
        ("ttft_mean <= 120 ms", 120.0, True),
        ("ttft_p99 < 1s", None, None),
        ("itl_p50 < 1s", None, None),
        ("error_rate < 5%", 0.05, False),
        ("error_rate <= 5%", 0.05, True),
        ("throttled_rate < 4%", 0.03, True),
        ("left_rate = 50%", 0.5, True),
        ("goodput_rate >= 90%", 0.9, True),
        ("errors = 5", 5.0, True),
        ("requests > 199", 200.0, True),
        ("requests_s > 19.5/s", 20.0, True),
        ("tokens_s >= 640", 640.0, True),
        ("tok_s_p50 > 50", 40.0, False),
        ("missed_rate <= 1%", 0.01, True),
        ("missed = 0", 2.0, False),
        ("conformance = 100%", 1.0, True),
        ("goodput_rate[chat-basic] > 50%", 0.01, False),
        ("error_rate[nothing] < 5%", None, None),
    ],
)
def test_an_expression_is_judged_by_the_summary(text: str, value: float | None, holds: bool | None) -> None:
    (told,) = thresholds.judge_thresholds([text], summary())
    assert told["value"] == (value if value is None else pytest.approx(value))
    assert told["holds"] is holds


def test_a_threshold_of_100_percent_allows_no_exception() -> None:
    nearly = summary(conformance={"judged": 10**6, "conformant": 10**6 - 1, "share": 1 - 1e-6})
    assert thresholds.judge_thresholds(["conformance = 100%"], nearly)[0]["holds"] is False


def test_a_share_of_no_requests_is_undecided() -> None:
    nothing = summary(all=one(outcomes={}), conformance={"judged": 0, "conformant": 0, "share": None})
    told = thresholds.judge_thresholds(["error_rate < 1%", "conformance = 100%"], nothing)
    assert [row["holds"] for row in told] == [None, None]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("ttft_p95", "cannot be parsed"),
        ("ttft_p95 < fast", "cannot be parsed"),
        ("ttft_p95 < 300", "ms or s"),
        ("ttft_p95 < 3%", "ms or s"),
        ("error_rate < 0.01", "%"),
        ("ttft_p97 < 300ms", "no figure"),
        ("speed < 3ms", "no figure"),
    ],
)
def test_an_invalid_expression_is_rejected_with_the_correct_form(text: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy):
        thresholds.parse_threshold(text)


PART = {"judged": 200, "conformant": 199, "share": 0.995}
SHARE = {"expression": "conformance >= 99%", "value": 0.995, "limit": 0.99, "holds": True}


def held(*verdicts: bool | None, valid: bool = True) -> dict[str, Any]:
    rows = [
        {"expression": f"x_{place} < 1ms", "value": 2.0, "limit": 1.0, "holds": holds}
        for place, holds in enumerate(verdicts)
    ]
    return summary(thresholds=rows, valid=valid, doubts=[] if valid else ["late <&\x00>"])


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        pytest.param(held(), False, None, id="nothing-asked"),
        pytest.param(held(True, True), False, 0, id="holds"),
        pytest.param(held(True, False, None), False, 1, id="broken"),
        pytest.param(held(True, None), False, 2, id="untold"),
        pytest.param(held() | {"conformance": PART}, False, 1, id="a-promise-broken"),
        pytest.param(held(True, None) | {"conformance": PART}, False, 1, id="a-promise-broken-and-undecided"),
        pytest.param(held() | {"conformance": PART, "thresholds": [SHARE]}, False, 0, id="a-share-allowed"),
        pytest.param(held() | {"conformance": None}, False, None, id="not-judged"),
        pytest.param(held(False, valid=False), True, 2, id="not-to-be-believed"),
        pytest.param(held(True, valid=False), False, 0, id="doubted-but-nobody-is-strict"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_result(found: dict[str, Any], strict: bool, code: int | None) -> None:
    assert finish.load_run_exit_code(found, strict=strict) == code


def test_junit_fails_for_answers_that_break_a_must() -> None:
    (suite,) = ET.fromstring(thresholds_junit.thresholds_to_junit(held() | {"conformance": PART}, strict=False))
    (failure,) = suite.findall("*/failure")
    assert failure.attrib["message"] == "1 of 200 answers break a must"


@pytest.mark.parametrize("strict", [False, True])
def test_junit_has_a_test_case_for_each_threshold_and_one_for_the_validity(strict: bool) -> None:
    root = ET.fromstring(thresholds_junit.thresholds_to_junit(held(True, False, None, valid=False), strict=strict))
    (suite,) = root
    assert suite.attrib["tests"] == str(len(suite.findall("testcase"))) == "5"
    assert int(suite.attrib["failures"]) == len(suite.findall("*/failure")) == 1 + strict
    assert suite.attrib["errors"] == str(len(suite.findall("*/error"))) == "1"
    assert [case.attrib["name"] for case in suite][:2] == ["x_0 < 1ms", "x_1 < 1ms"]
