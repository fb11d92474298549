"""Excuses that are given again and again."""

from __future__ import annotations

import pytest

from wireproof.judging.excuse_counts import repeated_excuses
from wireproof.judging.excuses import RATE_LIMITED
from wireproof.judging.expect_cuts import CUT_OFF
from wireproof.judging.gate import Gate
from wireproof.judging.verdict import Verdict

GATE = Gate(own={"it": "openai"})


def verdict(
    case: int, outcome: str = "pass", message: str = "", check: str = "chat.id", level: str = "must"
) -> Verdict:
    return Verdict("it", "openai", check, f"case-{case}", "chat", outcome, level, (), "It holds.", message)


def limited(case: int, **more: str) -> Verdict:
    return verdict(case, "inconclusive", RATE_LIMITED, **more)


def test_a_limit_met_by_most_cases_fails_the_run() -> None:
    verdicts = [*map(verdict, range(2)), *map(limited, range(2, 12))]
    assert repeated_excuses(verdicts) == [f"it by openai: excused 10 of 12 cases: {RATE_LIMITED}"]
    assert GATE.exit_code(verdicts) == 1


def test_a_limit_met_now_and_then_does_not() -> None:
    verdicts = [*map(verdict, range(10)), *map(limited, range(10, 13))]
    assert repeated_excuses(verdicts) == []
    assert GATE.exit_code(verdicts) == 0


def test_a_check_that_is_excused_on_each_of_its_cases_fails_the_run() -> None:
    cut = [verdict(case, "inconclusive", f"{CUT_OFF} (answer 3)", "tools.name") for case in range(3)]
    verdicts = [*map(verdict, range(20)), *cut]
    assert repeated_excuses(verdicts) == [f"it by openai: tools.name excused on each of 3 cases: {CUT_OFF} (answer 3)"]
    assert repeated_excuses([*verdicts, verdict(4, check="tools.name")]) == []


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        pytest.param("inconclusive", "the model said something else", id="the-model-chose-otherwise"),
        pytest.param("not-offered", "tools is optional and was refused with 400", id="what-the-contract-leaves-open"),
        pytest.param("untestable", "needs clock, which this run was not given", id="means-that-a-run-lacks"),
    ],
)
def test_what_is_not_the_doing_of_the_target_may_repeat(outcome: str, message: str) -> None:
    verdicts = [verdict(case, outcome, message, "tools.name") for case in range(20)]
    assert repeated_excuses([*verdicts, verdict(20)]) == []


def test_advice_may_be_excused_everywhere() -> None:
    assert repeated_excuses([*map(verdict, range(20)), *(limited(n, check="a.b", level="may") for n in range(4))]) == []


def test_a_column_that_does_not_gate_fails_nothing() -> None:
    verdicts = [*map(verdict, range(2)), *map(limited, range(2, 12))]
    assert Gate(own={"it": "iio"}).exit_code(verdicts) == 0
