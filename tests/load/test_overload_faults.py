"""Faults that occur under load only: light runs conform, and heavy runs fail with the violated check."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow

Serve = Run = Any

ALONE = ("-u", "2", "--max-requests", "30", "--jitter", "0", "-t", "60s")
CROWD = ("-u", "64", "--max-requests", "300", "--jitter", "0", "-t", "60s")


@pytest.mark.parametrize(
    ("latency", "scenario", "check"),
    [
        pytest.param("strained-wrong", "Stream", "schema.chunks", id="wrong-at-64-users"),
        pytest.param("strained-wrong", "Chat", "schema.conforms", id="wrong-in-one-piece"),
        pytest.param("strained-torn", "Stream", "cut", id="torn-streams"),
        pytest.param("strained-swapped", "Echo", "transport.own-answers", id="swapped-answers"),
        pytest.param("strained-crashing", "Stream", "wire.no-server-error", id="500-for-overload"),
    ],
)
def test_faults_under_load_are_caught_and_have_exit_code_1(
    serve: Serve, load: Run, latency: str, scenario: str, check: str
) -> None:
    with serve(latency) as cell:
        quiet, crowded = (load(scenario, *words, at=cell) for words in (ALONE, CROWD))
    assert quiet.summary["conformance"]["share"] == 1
    assert quiet.code == 0
    assert crowded.code == 1
    assert "exit code 1, since answers break a must" in crowded.output
    told = crowded.summary["conformance"]
    assert told["share"] < 1
    assert (check, "must") in {(one["check"], one["level"]) for one in told["broken"]}
    # Only high concurrency is checked here; the quiet run covers low concurrency.
    many = [row for row in told["by_concurrency"] if row["under_way"] >= 32]
    assert any(row["share"] < 1 for row in many)


def test_no_judge_turns_judging_off(serve: Serve, load: Run) -> None:
    with serve("strained-wrong") as cell:
        ended = load("Stream", *CROWD, "--no-judge", at=cell)
    assert ended.summary["conformance"] is None
    assert "conformance: not judged" in ended.output
