"""Requests leave in even steps, and a key that was told to wait waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from wireproof.client.pacing import Pacing, requested_wait_s
from wireproof.client.partial_response import PartialResponse
from wireproof.contract import loading
from wireproof.contract.case_files import read_cases
from wireproof.contract.target import Target

IIO, OPENAI = (loading.load_providers()[name] for name in ("iio", "openai"))
ENTRIES: dict[str, Any] = {
    "plain": {"says": "p", "endpoint": "chat", "body": {}},
    "limited": {"says": "l", "endpoint": "chat", "body": {}, "refused": "rate-limited"},
    "means": {"says": "m", "endpoint": "chat", "body": {}, "key": "free"},
}
CASES = {case.name: case for case in read_cases("chat", ENTRIES, "cases.yaml", ENTRIES)}
NOW = 1_800_000_000.0


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced(per_minute: float | None, **more: Any) -> tuple[Pacing, Clock]:
    clock, target = Clock(), replace(Target("t", IIO, "http://h/v1", pace=per_minute), **more)
    pace = Pacing.from_target(target)
    pace.clock, pace.sleep = clock, clock.sleep
    return pace, clock


def answer(status: int, **headers: str) -> PartialResponse:
    lines = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return PartialResponse(sent_at=NOW, started_ns=0, status=status, headers=lines)


def leaves(pace: Pacing, clock: Clock, *asked: tuple[str, str]) -> list[float]:
    """When each request leaves, one after the other: case and key."""

    async def ask() -> list[float]:
        times = []
        for case, key in asked:
            await pace.wait(CASES[case], key)
            times.append(round(clock.now - 100.0, 3))
        return times

    return asyncio.run(ask())


def test_requests_leave_in_even_steps_so_that_no_minute_holds_more() -> None:
    pace, clock = paced(10)
    assert leaves(pace, clock, *[("plain", "K")] * 4) == [0, 6, 12, 18]


def test_without_a_pace_nothing_waits() -> None:
    pace, clock = paced(None)
    assert leaves(pace, clock, *[("plain", "K")] * 3) == [0, 0, 0]


@pytest.mark.parametrize("case", ["limited", "means"])
def test_a_case_that_asks_for_a_limit_keeps_no_pace_and_holds_nobody(case: str) -> None:
    pace, clock = paced(10)
    pace.note_response(CASES[case], "K", answer(429, Retry_After="20"))
    assert leaves(pace, clock, (case, "K"), (case, "K"), ("plain", "K")) == [0, 0, 0]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        pytest.param(answer(429, Retry_After="20"), 20.0, id="retry-after"),
        pytest.param(answer(503, Retry_After="Fri, 15 Jan 2027 08:00:30 GMT"), 30.0, id="a-date"),
        pytest.param(answer(200, X_RateLimit_Remaining="0", X_RateLimit_Reset="7"), 7.0, id="nothing-remains"),
        pytest.param(
            answer(200, X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOW + 9:.0f}"), 9.0, id="until-a-date"
        ),
        pytest.param(answer(200, X_RateLimit_Remaining="1", X_RateLimit_Reset="7"), 0.0, id="something-remains"),
        pytest.param(answer(200, X_RateLimit_Remaining="0"), 0.0, id="no-word-of-when"),
        pytest.param(answer(200, Retry_After="20"), 0.0, id="an-answer-that-was-given"),
        pytest.param(answer(429, Retry_After="soon"), 0.0, id="no-number"),
        pytest.param(answer(429, Retry_After="86400"), 0.0, id="not-worth-waiting-for"),
    ],
)
def test_the_key_that_was_told_to_wait_waits_and_no_other(told: PartialResponse, seconds: float) -> None:
    pace, clock = paced(None)
    pace.note_response(CASES["plain"], "K", told)
    assert leaves(pace, clock, ("plain", "OTHER"), ("plain", "K"), ("plain", "K")) == [0, seconds, seconds]


def test_after_a_hold_the_steps_are_even_again() -> None:
    pace, clock = paced(60)
    pace.note_response(CASES["plain"], "K", answer(429, Retry_After="20"))
    assert leaves(pace, clock, *[("plain", "K")] * 3) == [20, 21, 22]


def test_where_each_case_is_an_account_of_its_own_no_answer_holds_the_next() -> None:
    pace, clock = paced(None, own_keys=True)
    pace.note_response(CASES["plain"], "K", answer(429, Retry_After="20"))
    assert leaves(pace, clock, ("plain", "K")) == [0]


@pytest.mark.parametrize(("told", "seconds"), [("6m0s", 360.0), ("120ms", 0.12), ("1h2m", 3720.0), ("later", None)])
def test_a_duration_is_read_in_its_units(told: str, seconds: float | None) -> None:
    headers = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": told}
    assert requested_wait_s(answer(200, **headers), OPENAI.rate) == seconds
