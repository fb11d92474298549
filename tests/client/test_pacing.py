"""Pacing: requests leave at even intervals, and a key waits if a response asks for it."""

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
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def make_pacing(per_minute: float | None, **more: Any) -> tuple[Pacing, Clock]:
    clock, target = Clock(), replace(Target("t", IIO, "http://h/v1", pace=per_minute), **more)
    pace = Pacing.from_target(target)
    pace.clock, pace.sleep = clock, clock.sleep
    return pace, clock


def answer(status: int, **headers: str) -> PartialResponse:
    lines = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return PartialResponse(sent_at=NOW, started_ns=0, status=status, headers=lines)


def send_times(pace: Pacing, clock: Clock, *requests: tuple[str, str]) -> list[float]:
    """Times at which the requests, pairs of case and key, are sent one after the other."""

    async def ask() -> list[float]:
        times = []
        for case, key in requests:
            await pace.wait(CASES[case], key)
            times.append(round(clock.now - 100.0, 3))
        return times

    return asyncio.run(ask())


def test_requests_leave_at_even_intervals() -> None:
    pace, clock = make_pacing(10)
    assert send_times(pace, clock, *[("plain", "K")] * 4) == [0, 6, 12, 18]


def test_without_a_pace_requests_do_not_wait() -> None:
    pace, clock = make_pacing(None)
    assert send_times(pace, clock, *[("plain", "K")] * 3) == [0, 0, 0]


@pytest.mark.parametrize("case", ["limited", "means"])
def test_a_case_that_provokes_a_limit_is_not_paced(case: str) -> None:
    pace, clock = make_pacing(10)
    pace.note_response(CASES[case], "K", answer(429, Retry_After="20"))
    assert send_times(pace, clock, (case, "K"), (case, "K"), ("plain", "K")) == [0, 0, 0]


@pytest.mark.parametrize(
    ("response", "seconds"),
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
def test_only_the_key_whose_response_asks_for_it_waits(response: PartialResponse, seconds: float) -> None:
    pace, clock = make_pacing(None)
    pace.note_response(CASES["plain"], "K", response)
    assert send_times(pace, clock, ("plain", "OTHER"), ("plain", "K"), ("plain", "K")) == [0, seconds, seconds]


def test_intervals_are_even_again_after_a_wait() -> None:
    pace, clock = make_pacing(60)
    pace.note_response(CASES["plain"], "K", answer(429, Retry_After="20"))
    assert send_times(pace, clock, *[("plain", "K")] * 3) == [20, 21, 22]


def test_responses_delay_nothing_if_each_case_has_its_own_account() -> None:
    pace, clock = make_pacing(None, own_keys=True)
    pace.note_response(CASES["plain"], "K", answer(429, Retry_After="20"))
    assert send_times(pace, clock, ("plain", "K")) == [0]


@pytest.mark.parametrize(("duration", "seconds"), [("6m0s", 360.0), ("120ms", 0.12), ("1h2m", 3720.0), ("later", None)])
def test_a_duration_is_parsed_with_its_unit(duration: str, seconds: float | None) -> None:
    headers = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": duration}
    assert requested_wait_s(answer(200, **headers), OPENAI.rate) == seconds
