"""Known mistakes of load tools, tested against real cells over sockets.

They are taken from measurements of other benchmark tools and from bug reports of their users.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Serve = Run = Any

FIRST_MS = 50.0
# Runs end by their number of requests, however slow the machine is.
TWENTY = ("--max-requests", "20", "--jitter", "0", "-t", "60s")
# The cell may send half a millisecond early, and a bucket of the sketch is within half a percent.
AT_LEAST = FIRST_MS * 0.98


def test_the_role_chunk_is_no_first_token(serve: Serve, load: Run) -> None:
    """The cell sends the role with the headers, and the first text 50 ms later."""
    with serve("steady") as cell:
        found = load("Stream", "-u", "4", *TWENTY, at=cell).one
    assert set(found["outcomes"]) == {"ok"}
    assert found["metrics"]["TTFT ms"]["min"] >= AT_LEAST
    assert found["metrics"]["headers ms"]["mean"] < found["metrics"]["TTFT ms"]["mean"]


def test_thought_is_a_first_token_and_the_first_visible_one_is_told_apart(serve: Serve, load: Run) -> None:
    with serve("steady", "aion") as cell:
        found = load("Thinking", "-u", "4", *TWENTY, at=cell).one
        told = cell.told()["ms"]
    metrics = found["metrics"]
    assert metrics["TTFT ms"]["n"] == metrics["TTFOT ms"]["n"] == found["outcomes"]["ok"]
    assert metrics["TTFT ms"]["min"] < metrics["TTFOT ms"]["min"]
    assert metrics["TTFT ms"]["min"] >= min(AT_LEAST, told["ttft"]["max"])


def test_tokens_are_counted_by_usage_where_a_chunk_carries_several(serve: Serve, load: Run) -> None:
    fault = ("--header", "X-Wireproof-Fault: free-chunks-in-pairs")
    with serve("steady", "openai", "--control") as cell:
        found = load("Stream", "-u", "4", *TWENTY, *fault, at=cell).one
    answers = found["outcomes"]["ok"]
    assert found["tokens"]["usage"] == 64 * answers
    assert found["metrics"]["ITL ms"]["n"] < (64 - 1) * answers
    assert found["metrics"]["TPOT ms"]["max"] < found["metrics"]["ITL ms"]["mean"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        pytest.param("body-cut", "cut", id="cut"),
        pytest.param("finish-and-done-missing", "cut", id="clean-cut"),
        pytest.param("error-in-stream", "in-stream error", id="in-stream-error"),
        pytest.param("error-event-named", "in-stream error", id="in-stream-error-by-its-event-name"),
        pytest.param("error-as-text-in-stream", "non-conformant", id="text-in-place-of-json"),
    ],
)
def test_a_broken_stream_is_no_success_and_enters_no_latency(
    ready: Callable[[str], Any], load: Run, fault: str, outcome: str
) -> None:
    ended = load("Stream", "-u", "2", *TWENTY, "--header", f"X-Wireproof-Fault: {fault}", at=ready("openai"))
    assert ended.one["outcomes"] == {outcome: 20}
    assert ended.one["metrics"].get("e2e ms", {"n": 0})["n"] == 0
    assert ended.one["ok_s"] == ended.one["goodput_s"] == 0
    assert "TTFT ms" not in ended.one["metrics"]
    assert ended.code == 1


def test_a_limit_is_waited_for_and_told_apart(serve: Serve, load: Run) -> None:
    """The cell admits six a second: at most limit + users are sent a second, and all admitted requests are ok."""
    with serve("limited") as cell:
        ended = load("Chat", "-u", "8", "--max-requests", "40", "--jitter", "0", "-t", "60s", at=cell)
        told = cell.told()["counts"]
    assert ended.summary is not None
    found, window_s = ended.one, ended.summary["window_s"]
    # What is saved up, and the first refusal of each, come at once.
    assert told["requests"] <= (6 + 8) * (window_s + 1)
    let_in = told["requests"] - told["throttled"]
    assert found["outcomes"] == {"ok": let_in, "throttled": told["throttled"]}
    assert found["metrics"]["e2e ms"]["n"] == found["outcomes"]["ok"]
    assert ended.summary["limiter"]["waited_s"] >= found["outcomes"]["throttled"]


def test_a_peak_is_no_less_than_a_mean(serve: Serve, load: Run) -> None:
    with serve("steady") as cell:
        metrics = load("Stream", "-u", "4", *TWENTY, at=cell).one["metrics"]
    assert all(row["min"] <= row["mean"] <= row["max"] for row in metrics.values() if row["n"])
