"""Comparison of two runs: noise, changes, and runs that cannot be compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from wireproof import stats
from wireproof.errors import ConfigError
from wireproof.load.results import load_comparison
from wireproof.stats import bucket_value

SLICES, EACH = 60, 40


def run(seed: int, *, slower: float = 1.0, errors: int = 0, slices: int = SLICES, **more: Any) -> dict[str, Any]:
    """A summary whose latency drifts randomly over time, as that of a real server does."""
    chance, rows = Random(seed), []
    for place in range(slices):
        level = 100 * slower * chance.lognormvariate(0, 0.03)
        values = Counter(bucket_value(level * chance.lognormvariate(0, 0.25)) for _ in range(EACH))
        pairs = [[float(f"{value:.4g}"), number] for value, number in sorted(values.items())]
        rows.append(
            {"place": place, "counts": {"window/x/ok": EACH, "tokens": EACH * 64}, "metrics": {"x": {"e2e ms": pairs}}}
        )
    ok = slices * EACH - errors
    one = {
        "outcomes": {"ok": ok} | ({"cut": errors} if errors else {}), "requests_s": 80.0, "ok_s": 80.0, "good": ok,
        "goodput_s": 80.0, "tokens": {"prompt": 0}, "tokens_s": 5000.0, "chunks_s": 5000.0, "sent_bytes": 0,
        "received_bytes": 0,
        "metrics": {"e2e ms": dict.fromkeys(("n", "mean", "min", "max", "p50", "p90", "p95", "p99", "p99.9"), 1)},
    }  # fmt: skip
    load = {"kind": "closed", "arrivals": None, "stages": [], "trace": None, "speed": 1.0, "total_s": 30.0,
            "warm_up_s": 0.0, "cool_down_s": 0.0}  # fmt: skip
    summary = {
        "wireproof": "0", "kind": "load", "began": 0.0, "provider": "openai",
        "scenarios": [{"name": "stream", "digest": "a"}],
        "hosts": ["http://127.0.0.1:1"], "load": load, "users": 8, "seed": seed, "jitter_s": 1.0, "objectives": {},
        "valid": True, "doubts": [], "window_s": 30.0, "schedule": {"due": 0, "missed": 0},
        "outside": {"warm-up": {}, "cool-down": {}}, "unfinished": 0, "generator": {}, "requests": {"x": one},
        "limiter": {"held_off": 0, "waited_s": 0.0, "retry_after_s": {"n": 0},
                    "after_the_wait": {"let_in": 0, "refused": 0}},
        "all": one, "thresholds": [], "timeline": {"width_s": 0.5, "slices": rows},
        "workers": {"count": 1, "lost": []}, "definitions": "",
    }  # fmt: skip
    return summary | more


def moved(before: dict[str, Any], after: dict[str, Any], **more: Any) -> dict[str, str]:
    return {shift.figure: shift.moved for shift in load_comparison.compare_load_runs(before, after, **more)}


def test_two_runs_of_the_same_server_rarely_differ() -> None:
    """All intervals of a comparison hold in 95 % of comparisons, without any tolerance."""
    found = [moved(run(seed), run(1000 + seed), tolerance=0.0).values() for seed in range(60)]
    assert sum("worse" in moves or "better" in moves for moves in found) <= 6


def test_a_server_that_is_a_tenth_slower_is_worse() -> None:
    found = moved(run(1), run(2, slower=1.1))
    assert found["e2e ms p50"] == found["e2e ms p90"] == "worse"
    assert found["ok_s"] == "same"


def test_a_server_that_is_faster_is_better() -> None:
    assert moved(run(1), run(2, slower=0.8))["e2e ms p50"] == "better"


def test_a_change_within_the_tolerance_is_none() -> None:
    assert moved(run(1), run(2, slower=1.1), tolerance=0.2)["e2e ms p50"] == "same"


def test_errors_are_compared_as_a_difference_of_shares() -> None:
    assert moved(run(1), run(2, errors=2))["error_rate"] == "same"
    assert moved(run(1), run(2, errors=60))["error_rate"] == "worse"
    assert moved(run(1, errors=60), run(2))["error_rate"] == "better"


def test_a_run_of_a_few_seconds_is_undecided() -> None:
    found = load_comparison.compare_load_runs(run(1, slices=4), run(2, slices=4, slower=2.0))
    assert {shift.figure: shift.moved for shift in found}["e2e ms p50"] == "unknown"
    assert load_comparison.load_comparison_exit_code(found) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("users", 9), ("provider", "iio"), ("scenarios", [{"name": "stream", "digest": "b"}]), ("objectives", {"x": 1})],
)
def test_runs_of_different_loads_are_rejected(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"different loads.*{name}"):
        load_comparison.compare_load_runs(run(1), run(2, **{name: value}))


def test_a_seed_and_a_host_are_no_part_of_a_load() -> None:
    load_comparison.compare_load_runs(run(1), run(2, hosts=["http://127.0.0.1:2"]))


def test_intervals_of_ranks_hold_with_their_confidence() -> None:
    chance, outside = Random(4), 0
    for _ in range(1000):
        before, after = ([chance.lognormvariate(0, 0.2) for _ in range(12)] for _ in range(2))
        _, interval = stats.median_ratio(before, after, 0.1)
        assert interval is not None
        outside += not interval[0] <= 1 <= interval[1]
    assert 60 <= outside <= 130


def test_the_orders_of_two_samples_are_counted_exactly() -> None:
    assert stats._rank_sum_counts(2, 2) == [1, 1, 2, 1, 1]
    assert sum(stats._rank_sum_counts(6, 8)) == 3003
    assert stats.median_ratio([1.0, 2.0], [3.0, 4.0], 0.05)[1] is None


@pytest.mark.parametrize(
    ("after", "code"),
    [
        pytest.param(run(2), 0, id="same"),
        pytest.param(run(2, slower=1.3), 1, id="slower"),
        pytest.param(run(2, users=9), 2, id="another-load"),
        pytest.param({"kind": "report"}, 2, id="no-load"),
    ],
)
def test_the_exit_code_follows_the_comparison(tmp_path: Path, after: dict[str, Any], code: int) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, data in zip(files, (run(1), after), strict=True):
        file.write_text(json.dumps(data))
    command = [sys.executable, "-m", "wireproof", "compare", *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == (code == 2)
