"""The comparison of two runs, and the interval of a median."""

from __future__ import annotations

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.judging.gate import Gate
from wireproof.judging.verdict import ClauseVerdict, Verdict
from wireproof.report.compare.latency_change import LATENCY_CONFIDENCE, TimesByRequest, latency_changes
from wireproof.report.compare.run_comparison import compare_runs
from wireproof.report.compare.run_snapshot import RunSnapshot
from wireproof.stats import median_interval

OWN = {"iio": "iio"}


def verdict(outcome: str, check: str = "a.b", clause: str = "IIO-1", target: str = "iio") -> Verdict:
    told = ClauseVerdict(clause, "must", "document", "stated", outcome)
    return Verdict(target, "iio", check, "x", "a", outcome, "must", (told,), "It is so.", "")


def side(*verdicts: Verdict, own: dict[str, str] = OWN) -> RunSnapshot:
    return RunSnapshot("a run", {(v.target, v.provider, v.check, v.case): v for v in verdicts}, own)


@pytest.mark.parametrize(
    ("then", "now", "found", "exit"),
    [
        pytest.param("pass", "fail", "regressions", 1, id="it-broke"),
        pytest.param("fail", "pass", "fixes", 0, id="it-was-mended"),
        pytest.param("pass", "inconclusive", "regressions", 1, id="judged-no-longer"),
        pytest.param("fail", "fail", None, 0, id="as-broken-as-before"),
        pytest.param("untestable", "pass", "new_clauses", 0, id="judged-only-now"),
    ],
)
def test_each_change_of_a_verdict_has_its_section(then: str, now: str, found: str | None, exit: int) -> None:
    told = compare_runs(side(verdict(then)), side(verdict(now)), Gate(own=OWN))
    # A clause that is judged no longer is told beside the verdict that says so.
    filled = {name for name, value in told.as_data().items() if value} - {"lost_clauses"}
    assert (filled, told.exit_code) == ({found} if found else set(), exit)


def test_clauses_of_one_run_alone_are_listed() -> None:
    before, after = side(verdict("pass", "a.old", "IIO-OLD")), side(verdict("pass", "a.new", "IIO-NEW"))
    told = compare_runs(before, after, Gate(own=OWN))
    assert (told.new_clauses, told.lost_clauses, told.exit_code) == (("IIO-NEW",), ("IIO-OLD",), 1)


def test_single_targets_are_compared_under_any_name() -> None:
    before = side(verdict("pass", target="staging"), own={"staging": "iio"})
    told = compare_runs(before, side(verdict("fail")), Gate(own=OWN))
    assert [after.target for _, after in told.regressions] == ["iio"]


@pytest.mark.parametrize(("size", "rank"), [(6, 0), (8, 0), (9, 1), (20, 5), (100, 39)])
def test_the_interval_is_that_of_the_sign_test(size: int, rank: int) -> None:
    """The ranks that tables of the sign test print for 95 %."""
    assert median_interval(range(size), LATENCY_CONFIDENCE) == (rank, size - 1 - rank)


@pytest.mark.parametrize("size", range(6))
def test_fewer_than_six_values_have_no_interval(size: int) -> None:
    assert median_interval(range(size), LATENCY_CONFIDENCE) == (None, None)


@given(st.lists(st.floats(0.1, 10), min_size=6, max_size=60))
def test_the_interval_holds_the_median(values: list[float]) -> None:
    low, high = median_interval(sorted(values), LATENCY_CONFIDENCE)
    assert low is not None
    assert high is not None
    assert low - 1e-4 <= median(values) <= high + 1e-4


@pytest.mark.parametrize(("factor", "moved"), [(1.5, True), (1.0, False)])
def test_times_are_compared_request_by_request(factor: float, moved: bool) -> None:
    before = {("t", "chat", f"c{n}", 1, 0): {"whole": 10.0 * (n + 1)} for n in range(12)}
    after = {key: {"whole": times["whole"] * factor} for key, times in before.items()}
    (shift,) = latency_changes(before, {**after, ("t", "chat", "new", 1, 0): {"whole": 1.0}})
    assert (shift.cases, shift.ratio, shift.moved) == (12, factor, moved)


def test_noise_is_no_change_for_any_number_of_intervals() -> None:
    """Twenty endpoints with random times: at most one comparison in twenty may report a change."""
    alarms = 0
    for seed in range(60):
        before, after = noise(Random(seed)), noise(Random(1000 + seed))
        alarms += any(shift.moved for shift in latency_changes(before, after))
    assert alarms <= 6


def test_a_change_is_found_among_unchanged_latencies() -> None:
    before, after = noise(Random(1)), noise(Random(2))
    slower = {key: {"whole": times["whole"] * (3 if key[1] == "e7" else 1)} for key, times in after.items()}
    assert [shift.endpoint for shift in latency_changes(before, slower) if shift.moved] == ["e7"]


def noise(chance: Random) -> TimesByRequest:
    keys = [("t", f"e{endpoint}", f"c{case}", 1, 0) for endpoint in range(20) for case in range(16)]
    return {key: {"whole": 10 * chance.lognormvariate(0, 0.4)} for key in keys}
