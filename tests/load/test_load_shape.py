"""Stages, traces, lengths and prompts of a load run."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.errors import ConfigError
from wireproof.load.scenario import prompt_text, stages, trace
from wireproof.load.scenario.load_shape import LoadShape
from wireproof.load.scenario.measurement_window import MeasurementWindow
from wireproof.load.scenario.request_template import TokenCounts
from wireproof.load.scenario.schedule import Schedule, arrival_times_ns, share_of_starts
from wireproof.load.scenario.stages import Stage
from wireproof.load.scenario.token_lengths import make_length_sampler

S = 1_000_000_000
HERE = Path()


def drawn(row: Any, number: int = 4000) -> list[int]:
    draw, chance = make_length_sampler(row, HERE), Random(1)
    return [draw(chance) for _ in range(number)]


def test_a_fixed_length_is_always_the_same() -> None:
    assert set(drawn(512, 10)) == {512}


def test_uniform_lengths_have_both_ends_and_their_middle() -> None:
    found = drawn({"uniform": [10, 20]})
    assert (min(found), max(found)) == (10, 20)
    assert sum(found) / len(found) == pytest.approx(15, rel=0.02)


def test_lognormal_lengths_have_their_mean_and_spread() -> None:
    found = drawn({"lognormal": {"mean": 500, "cv": 0.5}}, 20_000)
    mean = sum(found) / len(found)
    deviation = (sum((one - mean) ** 2 for one in found) / len(found)) ** 0.5
    assert mean == pytest.approx(500, rel=0.02)
    assert deviation / mean == pytest.approx(0.5, rel=0.05)


def test_lengths_are_clamped_to_the_bounds() -> None:
    found = drawn({"lognormal": {"mean": 500, "cv": 2.0}, "least": 100, "most": 900})
    assert (min(found), max(found)) == (100, 900)


def test_lengths_of_a_file_have_its_frequencies(tmp_path: Path) -> None:
    (tmp_path / "lengths.txt").write_text("7\n7\n7\n900\n")
    draw, chance = make_length_sampler({"file": "lengths.txt"}, tmp_path), Random(1)
    found = Counter(draw(chance) for _ in range(4000))
    assert found[7] / 4000 == pytest.approx(0.75, abs=0.03)
    assert set(found) == {7, 900}


@pytest.mark.parametrize("text", ["", "a\n", "0\n", "1.5\n"])
def test_a_file_without_lengths_is_rejected(tmp_path: Path, text: str) -> None:
    (tmp_path / "lengths.txt").write_text(text)
    with pytest.raises(ConfigError, match=r"lengths\.txt"):
        make_length_sampler({"file": "lengths.txt"}, tmp_path)


@given(st.integers(1, 5000), st.integers(0, 10**7))
def test_a_prompt_has_the_requested_number_of_words(tokens: int, number: int) -> None:
    assert len(prompt_text.make_prompt(tokens, number).split(" ")) == tokens


def test_prompts_begin_differently() -> None:
    begins = {prompt_text.make_prompt(16, number).split(" ")[0:4].__str__() for number in range(5000)}
    assert len(begins) == 5000


def test_prompts_of_a_trace_share_the_blocks_with_equal_ids() -> None:
    one, other = (
        prompt_text.make_prompt_from_blocks([0, 1, 2], 1500).split(" "),
        prompt_text.make_prompt_from_blocks([0, 1, 3], 1600).split(" "),
    )
    assert (len(one), len(other)) == (1500, 1600)
    assert one[:1024] == other[:1024]
    assert one[1024:1028] != other[1024:1028]


def moments(kind: str, *course: Stage, seed: int = 1) -> list[float]:
    return [at / S for at in stages.start_times_ns(course, kind, seed)]


def test_stages_follow_each_other_with_all_their_starts() -> None:
    found = moments("constant", Stage(2, 5, 5), Stage(1, 20, 20))
    assert found[:3] == [0.0, 0.2, 0.4]
    assert (sum(at < 2 for at in found), sum(at >= 2 for at in found)) == (10, 20)


def test_a_ramp_has_the_starts_of_its_mean_rate_at_shrinking_intervals() -> None:
    found = moments("constant", Stage(10, 0, 40))
    assert len(found) == 200
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert all(later < earlier for earlier, later in pairwise(gaps))
    assert sum(at < 5 for at in found) == 50


def test_a_ramp_down_mirrors_a_ramp_up() -> None:
    up, down = moments("constant", Stage(10, 0, 40)), moments("constant", Stage(10, 40, 0))
    assert len(down) == len(up)
    assert sum(at >= 5 for at in down) == 50


def test_poisson_starts_of_a_ramp_have_its_rates() -> None:
    found = moments("poisson", Stage(100, 0, 200))
    assert len(found) == pytest.approx(10_000, rel=0.03)
    assert sum(at < 50 for at in found) == pytest.approx(2500, rel=0.06)


def test_a_burst_adds_simultaneous_starts() -> None:
    found = moments("constant", Stage(1, 10, 10), Stage(1, 10, 10, burst=50))
    assert found.count(1.0) == 51
    assert len(found) == 70


def test_a_stage_of_nothing_is_a_pause() -> None:
    found = moments("poisson", Stage(1, 50, 50), Stage(3, 0, 0), Stage(1, 50, 50))
    assert not [at for at in found if 1 <= at < 4]
    assert [at for at in found if at >= 4]


@pytest.mark.parametrize("count", [2, 3])
def test_the_shares_of_a_schedule_are_the_whole_schedule(count: int) -> None:
    course = (Stage(2, 5, 50), Stage(1, 50, 50, burst=7))
    whole = list(share_of_starts(stages.start_times_ns(course, "poisson", 3), 0, 1))
    shares = [
        list(share_of_starts(stages.start_times_ns(course, "poisson", 3), index, count)) for index in range(count)
    ]
    assert sorted(start for one in shares for start in one) == whole
    assert max(len(one) for one in shares) - min(len(one) for one in shares) <= 1


def test_a_finished_schedule_has_no_start() -> None:
    schedule = Schedule(share_of_starts(stages.start_times_ns((Stage(1, 2, 2),), "constant", 1), 0, 1), 0)
    assert [schedule.take_next(0) is not None for _ in range(3)] == [True, True, False]
    cut = Schedule(share_of_starts(arrival_times_ns("constant", 10.0, 1), 0, 1), 0, 0.25 * S)
    assert [cut.take_next(0) is not None for _ in range(4)] == [True, True, True, False]
    assert (cut.taken, cut.missed) == (3, 0)


def test_the_number_of_users_is_interpolated_within_a_stage() -> None:
    course = (Stage(10, 2, 2), Stage(10, 2, 12))
    assert [stages.stage_value_at(course, second) for second in (0, 9.9, 15, 19.9, 20)] == [
        2,
        2,
        7,
        pytest.approx(11.9),
        None,
    ]


@pytest.mark.parametrize(("told", "meant"), [(90, 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("4h", 14400)])
def test_times_are_seconds_or_in_the_syntax_of_locust(told: Any, meant: float) -> None:
    assert stages.parse_seconds(told) == meant


def test_a_request_belongs_to_the_part_in_which_it_was_scheduled() -> None:
    window = MeasurementWindow(10 * S, 20 * S)
    assert [window.part(at * S) for at in (9, 10, 19, 20)] == ["warm-up", "window", "window", "cool-down"]


def test_a_load_without_measurement_window_is_rejected() -> None:
    row = {"stages": [{"for": 10, "rate": 1}], "warm_up": 6, "cool_down": 4}
    with pytest.raises(ConfigError, match="nothing between"):
        LoadShape.from_row(row, HERE).validate()
    with pytest.raises(ConfigError, match="is unknown"):
        LoadShape.from_row({"cool_down": 4}, HERE).validate()


def test_options_override_the_load_of_a_scenario() -> None:
    course = LoadShape.from_row({"users": 4, "stages": [{"for": 10, "rate": 1}], "warm_up": 1}, HERE)
    assert course.with_options(None, None, 9, None).users == 9
    assert course.with_options(None, None, None, 5).total_s == 5
    faster = course.with_options(7.0, "constant", None, 60)
    assert (faster.stages[0].first, faster.arrivals, faster.total_s, faster.warm_up_s) == (7.0, "constant", 60, 1)
    steps = LoadShape.from_row({"stages": [{"for": 10, "users": [1, 9]}]}, HERE)
    assert steps.with_options(None, None, 3, None).stages == ()


def test_a_load_shape_survives_serialisation() -> None:
    course = LoadShape.from_row({"stages": [{"for": "1m", "rate": [1, 9]}, {"burst": 4}], "cool_down": 1}, HERE)
    assert LoadShape.from_json(json.loads(json.dumps(course.to_json()))) == course


def test_stages_of_users_and_of_starts_do_not_mix() -> None:
    with pytest.raises(ConfigError, match="one kind"):
        LoadShape.from_row({"stages": [{"for": 1, "users": 1}, {"for": 1, "rate": 1}]}, HERE)


ROWS = (
    {"timestamp": 1000, "input_length": 600, "output_length": 20, "hash_ids": [0, 1]},
    {"timestamp": 4000, "input_length": 30, "output_length": 5},
    {"timestamp": 2500, "input_length": 900, "output_length": 9, "hash_ids": [0, 2]},
)


def test_a_trace_starts_at_its_first_request_and_is_scaled_by_the_speed(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
    assert trace.read_trace(file, 3.0) == (
        (0, TokenCounts(600, 20, [0, 1])),
        (S // 2, TokenCounts(900, 9, [0, 2])),
        (S, TokenCounts(30, 5, ())),
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("{", "line 1", id="no-json"),
        pytest.param('{"timestamp": 1}', "line 1", id="no-lengths"),
        pytest.param('{"timestamp": 1, "input_length": 0, "output_length": 1}', "input_length", id="empty-prompt"),
        pytest.param("", "no request", id="empty"),
    ],
)
def test_an_invalid_trace_is_rejected_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "trace.jsonl").write_text(line)
    with pytest.raises(ConfigError, match=told):
        trace.read_trace(tmp_path / "trace.jsonl")


def test_a_constant_rate_never_drifts() -> None:
    starts = list(islice(arrival_times_ns("constant", 30.0, 1), 90_000, 90_002))
    assert starts == [3000 * S, 3000 * S + round(S / 30)]
