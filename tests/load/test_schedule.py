"""Schedules, shares of processes, ceilings, percentiles and recorded metrics."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof import stats
from wireproof.errors import ConfigError
from wireproof.load.request_record import Outcome, RequestRecord, TokenCount
from wireproof.load.results.counters import STARTS_DUE, STARTS_MISSED, CounterKey
from wireproof.load.results.doubts import find_doubts
from wireproof.load.results.metrics_recorder import MetricsRecorder
from wireproof.load.scenario import objectives, spending_limits
from wireproof.load.scenario.prepared_request import PreparedRequest
from wireproof.load.scenario.schedule import Schedule, arrival_times_ns, share_of_starts
from wireproof.load.scenario.spending_limits import Ceilings, SpendingAccount

MS = 1_000_000


def first(kind: str, number: int, seed: int = 1, rate: float = 100.0) -> list[int]:
    return list(islice(arrival_times_ns(kind, rate, seed), number))


def test_constant_starts_are_one_interval_apart() -> None:
    assert first("constant", 4) == [0, 10 * MS, 20 * MS, 30 * MS]


def test_poisson_starts_have_the_rate_and_its_spread() -> None:
    starts = first("poisson", 20_000)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert mean == pytest.approx(10 * MS, rel=0.03)
    assert deviation == pytest.approx(mean, rel=0.05)


@pytest.mark.parametrize("kind", ["constant", "poisson"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shares_of_all_processes_are_the_whole_schedule(kind: str, count: int) -> None:
    shares = [
        list(islice(share_of_starts(arrival_times_ns(kind, 100.0, 1), index, count), 30)) for index in range(count)
    ]
    whole = sorted(start for one in shares for start in one)[:30]
    assert [start.number for start in whole] == list(range(30))
    assert [start.at_ns for start in whole] == first(kind, 30)


def test_the_same_seed_draws_the_same_starts() -> None:
    assert first("poisson", 50) == first("poisson", 50) != first("poisson", 50, seed=2)


def test_missed_starts_are_counted_and_not_sent_later() -> None:
    schedule = Schedule(share_of_starts(arrival_times_ns("constant", 100.0, 1), 0, 1), 0)
    assert schedule.take_next(0) == (0, 0, None)
    assert schedule.take_next(1005 * MS) == (99, 990 * MS, None)
    assert (schedule.missed, schedule.taken) == (98, 100)


@given(st.lists(st.floats(1e-3, 1e5), min_size=40, max_size=200), st.integers(1, 39))
def test_merged_halves_have_the_percentiles_of_the_whole(values: list[float], cut: int) -> None:
    whole = Counter(map(stats.bucket_value, values))
    halves = stats.merge_counts(
        [Counter(map(stats.bucket_value, values[:cut])), Counter(map(stats.bucket_value, values[cut:]))]
    )
    assert stats.quantile(halves, 0.5) == stats.quantile(whole, 0.5)


@given(st.floats(1e-6, 1e9))
def test_a_bucket_value_is_accurate_to_half_a_percent_and_idempotent(value: float) -> None:
    assert stats.bucket_value(value) == pytest.approx(value, rel=stats.RELATIVE_ACCURACY * 1.0001)
    assert stats.bucket_value(stats.bucket_value(value)) == stats.bucket_value(value)


def test_a_percentile_needs_enough_values() -> None:
    assert stats.quantile({1.0: 9}, 0.5) is None
    assert stats.quantile({1.0: 10}, 0.5) == pytest.approx(1.0, rel=0.01)
    assert stats.quantile({1.0: 499}, 0.99) is None
    assert stats.quantile({1.0: 500}, 0.99) is not None


def request(cap: int = 10) -> PreparedRequest:
    return PreparedRequest("x", "chat", "POST", False, b"", cap)


def test_an_account_reserves_up_to_its_ceilings() -> None:
    account = SpendingAccount(Ceilings(requests=3, output_tokens=25))
    assert [account.try_reserve(request()) for _ in range(4)] == [True, True, False, False]
    account.settle(request(), TokenCount(0, 2, "usage"))
    assert [account.try_reserve(request()) for _ in range(2)] == [True, False]


def test_an_account_counts_dollars_by_price() -> None:
    account = SpendingAccount(Ceilings(dollars=25e-6), prices=(0.0, 1.0))
    assert [account.try_reserve(request()) for _ in range(3)] == [True, True, False]


def test_shares_of_a_ceiling_are_the_whole() -> None:
    whole = Ceilings(requests=10, output_tokens=7)
    shares = [whole.share(index, 3) for index in range(3)]
    assert sum(share.requests or 0 for share in shares) == 10
    assert sum(share.output_tokens or 0 for share in shares) == 7


def test_a_remote_host_needs_permission_and_has_ceilings() -> None:
    with pytest.raises(ConfigError, match="i-may-load-this-host") as refused:
        spending_limits.ceilings_for_hosts(Ceilings(), ["https://api.example/v1"], allowed=False)
    assert "1000 requests" in str(refused.value)
    assert spending_limits.ceilings_for_hosts(
        Ceilings(requests=5), ["https://api.example/v1"], allowed=True
    ) == Ceilings(5, 100_000, 1.0)
    assert spending_limits.ceilings_for_hosts(Ceilings(), ["http://127.0.0.1:1/v1"], allowed=False) == Ceilings()


def test_a_good_request_meets_every_objective() -> None:
    limits = objectives.parse_objectives(["ttft=300", "e2e=1000"])
    assert objectives.meets_objectives({"TTFT ms": 300.0, "e2e ms": 1.0}, limits)
    assert not objectives.meets_objectives({"TTFT ms": 1.0, "e2e ms": 1001.0}, limits)
    with pytest.raises(ConfigError, match="--slo speed=1"):
        objectives.parse_objectives(["speed=1"])


def rows_and_recorder() -> tuple[dict[tuple[str, str], Any], list[Any], MetricsRecorder]:
    rows: dict[tuple[str, str], Any] = {}
    fired: list[Any] = []

    def row(name: str, kind: str) -> Any:
        new = SimpleNamespace(num_requests=0, total_response_time=0.0, min_response_time=None, max_response_time=0)
        new.response_times, new.num_reqs_per_sec, new.last_request_timestamp = Counter(), Counter(), None
        return rows.setdefault((name, kind), new)

    return rows, fired, MetricsRecorder(row, lambda **event: fired.append(event))


def record(outcome: Outcome, **more: Any) -> RequestRecord:
    return RequestRecord("x", outcome, "why", 200, more.pop("due_ns", 0), 0, 100 * MS, **more)


def test_only_ok_requests_count_in_the_latencies() -> None:
    rows, fired, recorder = rows_and_recorder()
    times = {"headers_ns": MS, "first_ns": 50 * MS, "visible_ns": 60 * MS, "last_ns": 90 * MS}
    for outcome in Outcome:
        recorder.record_request(record(outcome, gaps_ns=(40 * MS,), tokens=TokenCount(1, 2, "usage"), **times), "POST")
    recorder.flush()
    assert {kind: row.num_requests for (_, kind), row in rows.items()} == dict.fromkeys(
        ("headers ms", "tok/s", "TTFT ms", "TTFOT ms", "TPOT ms", "ITL ms"), 1
    )
    assert [event["response_time"] for event in fired] == [100.0] + [None] * (len(Outcome) - 1)
    failed = [outcome for outcome, event in zip(Outcome, fired, strict=True) if event["exception"] is not None]
    assert failed == [outcome for outcome in Outcome if outcome not in (Outcome.OK, Outcome.LEFT)]


def test_latency_is_recorded_from_the_send_and_from_the_scheduled_start() -> None:
    rows, _, recorder = rows_and_recorder()
    recorder.record_request(record(Outcome.OK, due_ns=-25 * MS, first_ns=50 * MS), "POST")
    recorder.flush()
    assert rows["x", "TTFT ms"].max_response_time == 50.0
    assert rows["x", "TTFT from due ms"].max_response_time == 75.0
    assert rows["x", "e2e from due ms"].max_response_time == 125.0


def test_values_are_recorded_once() -> None:
    rows, _, recorder = rows_and_recorder()
    for number in range(2000):
        recorder.record_value("x", "TTFT ms", float(number))
    recorder.flush()
    recorder.flush()
    assert rows["x", "TTFT ms"].num_requests == 2000
    assert rows["x", "TTFT ms"].response_times.total() == 2000


def of(kind: str, value: float, number: int = 1000) -> dict[tuple[str, str], Any]:
    return {
        ("x", "TTFT ms"): {50.0: 1000},
        ("generator", kind) if "loop" in kind else ("schedule", kind): {value: number},
    }


@pytest.mark.parametrize(
    ("rows", "counts", "doubted"),
    [
        pytest.param(of("loop delay ms", 1.0), {}, False, id="calm"),
        pytest.param(of("loop delay ms", 6.0), {}, True, id="late-timers"),
        pytest.param(of("lag ms", 6.0), {}, True, id="late-starts"),
        pytest.param(of("lag ms", 2.0), {STARTS_DUE: 1000, STARTS_MISSED: 5}, False, id="few-missed"),
        pytest.param(of("lag ms", 2.0), {STARTS_DUE: 1000, STARTS_MISSED: 50}, True, id="many-missed"),
    ],
)
def test_a_result_is_invalid_if_the_generator_was_the_bottleneck(
    rows: dict[tuple[str, str], Any], counts: dict[CounterKey, int], doubted: bool
) -> None:
    assert bool(find_doubts(rows, counts)) == doubted
