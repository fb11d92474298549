"""The result of a load run as it is read on a terminal."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from wireproof.load.results.metric_definitions import METRIC_ORDER
from wireproof.load.results.number_text import number_text
from wireproof.load.results.run_verdict import reason_nothing_succeeded, run_verdict
from wireproof.load.results.summary_text import MAX_LINES, MAX_WIDTH, short_text, summary_to_text

pytestmark = pytest.mark.slow

Run = Any
TWENTY = ("-u", "2", "--max-requests", "20", "--jitter", "0", "-t", "60s")
LOCUST_TABLE = "Response time percentiles"


@pytest.fixture(name="mixed")
def _mixed(ready: Callable[[str], Any], load: Run) -> Any:
    return load("mixed", *TWENTY, at=ready("openai"))


def fault(name: str) -> tuple[str, str]:
    return "--header", f"X-Wireproof-Fault: {name}"


def test_the_result_is_short_and_ends_with_the_verdict(mixed: Any) -> None:
    lines = mixed.output.rstrip("\n").split("\n")
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= MAX_WIDTH
    assert lines[-1] == "PASSED: all 20 requests are ok; 20 of 20 answers conform"
    assert LOCUST_TABLE not in mixed.output + mixed.errors
    assert "goodput" not in mixed.output


def test_definitions_and_the_tables_of_locust_are_shown_on_request(ready: Callable[[str], Any], load: Run) -> None:
    ended = load("Models", *TWENTY, "--definitions", at=ready("openai"))
    assert "Clock        one monotonic clock" in ended.output
    ended = load("Models", *TWENTY, "--locust-tables", at=ready("openai"))
    assert LOCUST_TABLE in ended.output + ended.errors
    assert "Clock " not in ended.output


def test_a_stream_without_done_has_its_latencies_and_breaks_the_contract(
    ready: Callable[[str], Any], load: Run
) -> None:
    ended = load("Stream", *TWENTY, *fault("done-missing"), at=ready("openai"))
    assert ended.one["outcomes"] == {"ok": 20}
    assert {ended.one["metrics"][name]["n"] for name in ("TTFT ms", "TPOT ms", "e2e ms")} == {20}
    assert ("stream.done", "must", 20) in {
        (row["check"], row["level"], row["answers"]) for row in ended.summary["conformance"]["broken"]
    }
    assert ended.code == 1
    assert ended.output.rstrip().endswith("FAILED: 20 of 20 answers break a must of the contract")


def test_a_run_in_which_nothing_succeeded_says_why_at_the_top_and_the_bottom(
    ready: Callable[[str], Any], load: Run
) -> None:
    ended = load("Stream", *TWENTY, *fault("body-cut"), at=ready("openai"))
    assert ended.code == 1
    head, end = ended.output.splitlines()[:4], ended.output.splitlines()[-3:]
    assert any(line.startswith("None of 20 requests succeeded: 20 cut: ") for line in head)
    assert any(line.startswith("FAILED: ") for line in end)
    assert reason_nothing_succeeded(ended.summary)
    assert run_verdict(ended.summary)[0] == "failed"


def test_metrics_are_in_the_order_in_which_they_are_read(mixed: Any) -> None:
    for figures in (*mixed.summary["requests"].values(), mixed.summary["all"]):
        names = [name for name in figures["metrics"] if name in METRIC_ORDER]
        assert names == [name for name in METRIC_ORDER if name in names]


def test_a_run_with_many_kinds_of_requests_and_thresholds_stays_short(mixed: Any) -> None:
    summary = copy.deepcopy(mixed.summary)
    figures = next(iter(summary["requests"].values()))
    summary["requests"] = {f"{'a-long-name-' * 12}{number}": figures for number in range(60)}
    held = [{"expression": f"errors < {number}", "holds": True, "value": 0, "limit": number} for number in range(60)]
    summary["thresholds"] = held
    lines = short_text(summary).split("\n")
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= MAX_WIDTH
    assert lines[-1].startswith(("PASSED", "  "))
    assert "the rest is in the files" in "\n".join(lines)
    assert json.dumps(summary["definitions"])[1:40] in json.dumps(summary_to_text(summary))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0, "0"), (0.0004, "0"), (0.0433, "0.043"), (0.9999, "1.00"), (1.006, "1.01"), (51.68, "51.7"),
        (98, "98"), (999.4, "999"), (999.6, "1,000"), (9_999.4, "9,999"), (9_999.6, "10.0k"), (25_830, "25.8k"),
        (2_583_000, "2.58M"), (999_700, "1.00M"), (-12.34, "-12.3"),
    ],
)  # fmt: skip
def test_a_number_has_three_digits(value: float | None, text: str) -> None:
    assert number_text(value) == text
