"""Window waits: exclusive use of a rate-limited key, and waits for a later time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wireproof.client.window_waits import FRESH_AFTER_S, WindowWaits, longest_wait_s, means_by_waiting
from wireproof.contract import loading
from wireproof.contract.case import Case, RequestSpec
from wireproof.contract.target import Key, Target

PROVIDER = loading.load_providers()["iio"]


class Time:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def case(name: str, *, key: str = "free", refused: str | None = None, clock: float | None = None) -> Case:
    return Case(name, "limits", "", (RequestSpec("models", "chat", key=key, clock=clock),), refused=refused)


BURST, LIST = case("burst", refused="rate-limited"), case("list")
KEYS = {"good": Key("PRO", "iio-dev-a"), "free": Key("FREE", "iio-dev-b")}


@pytest.fixture(name="time")
def _time() -> Time:
    return Time()


@pytest.fixture(name="patience")
def _patience(time: Time) -> Callable[..., WindowWaits]:
    def made(seconds: float = 65.0, **changed: object) -> WindowWaits:
        target = Target("iio", PROVIDER, "http://127.0.0.1/v1", keys=KEYS, patience=seconds, **changed)
        return WindowWaits(target, clock=lambda: time.now, sleep=time.sleep)

    return made


def taken(patience: WindowWaits, *cases: Case) -> None:
    async def in_turn() -> None:
        for one in cases:
            async with patience.key_turn(one):
                await patience.wait_for_moment(one, one.asks[0])

    asyncio.run(in_turn())


@pytest.mark.parametrize(
    ("cases", "slept"),
    [
        pytest.param((BURST,), [], id="a-key-nobody-used"),
        pytest.param((LIST, BURST), [FRESH_AFTER_S], id="a-count-after-a-request"),
        pytest.param((BURST, LIST), [FRESH_AFTER_S], id="a-request-after-a-full-minute"),
        pytest.param((LIST, LIST), [], id="two-requests"),
        pytest.param((case("other", key="good"), BURST), [], id="another-key"),
        pytest.param((case("later", clock=40),), [40], id="a-later-moment"),
        pytest.param((case("tomorrow", clock=90_000),), [], id="a-moment-beyond-all-patience"),
    ],
)
def test_a_case_waits_for_a_fresh_window_and_for_its_time(patience, time, cases, slept):
    taken(patience(), *cases)
    assert time.slept == slept


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"seconds": 0.0}, id="no-patience"),
        pytest.param({"own_keys": True, "means": frozenset({"clock"})}, id="a-clock-that-moves"),
    ],
)
def test_cases_do_not_wait_without_need_or_patience(patience, time, changed):
    taken(patience(**changed), LIST, BURST, case("later", clock=40))
    assert time.slept == []


@pytest.mark.parametrize(
    ("asked", "means"),
    [
        pytest.param(case("later", clock=61), {"clock"}, id="a-key-of-its-own"),
        pytest.param(case("later", key="good", clock=61), set(), id="a-key-that-others-use"),
        pytest.param(case("tomorrow", clock=90_000), set(), id="beyond-all-patience"),
        pytest.param(case("now"), set(), id="no-later-moment"),
        pytest.param(
            replace(case("idle", key="good", clock=61), connection="same"), {"clock"}, id="a-line-that-nobody-uses"
        ),
    ],
)
def test_waiting_replaces_the_clock_if_the_key_is_not_shared(patience, asked, means):
    assert means_by_waiting(asked, patience().target) == means


@given(st.lists(st.sampled_from([BURST, LIST, case("later", clock=40), case("soon", clock=5)]), max_size=6))
def test_a_plan_states_how_long_the_cases_of_a_key_wait(cases):
    time, named = Time(), [replace(one, name=f"{one.name} {n}") for n, one in enumerate(cases)]
    target = Target("iio", PROVIDER, "http://127.0.0.1/v1", keys=KEYS, patience=65.0)
    taken(WindowWaits(target, clock=lambda: time.now, sleep=time.sleep), *named)
    assert longest_wait_s(named, target) == pytest.approx(sum(time.slept))


def test_keys_wait_in_parallel_and_not_if_the_clock_moves(patience):
    others = [case("other", key="good", clock=10), case("later", clock=40)]
    assert longest_wait_s(others, patience().target) == 40
    assert longest_wait_s(others, patience(own_keys=True, means=frozenset({"clock"})).target) == 0


def test_a_key_serves_one_case_at_a_time(patience):
    one, met = patience(0.0), []

    async def hold(name: str) -> None:
        async with one.key_turn(case(name)):
            met.append(f"{name} begins")
            await asyncio.sleep(0)
            met.append(f"{name} ends")

    async def both() -> None:
        await asyncio.gather(hold("a"), hold("b"))

    asyncio.run(both())
    assert met == ["a begins", "a ends", "b begins", "b ends"]
