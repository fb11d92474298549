"""Limit probes identify each model with its parameters, and report headers and waits that are wrong."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wireproof.cli import main
from wireproof.client.budget import Budget
from wireproof.client.partial_response import PartialResponse
from wireproof.client.request_builder import OutgoingRequest
from wireproof.contract import loading
from wireproof.contract.target import Key, Target
from wireproof.errors import WireproofError
from wireproof.load.experiments.limits.findings import announced_limits, promise_findings
from wireproof.load.experiments.limits.limiter_models import LIMITER_MODELS, Observation
from wireproof.load.experiments.limits.model_fit import fit_models
from wireproof.load.experiments.limits.probe import LimitProbe

pytestmark = pytest.mark.slow

NOON = 1_800_000_000.0
Admits = Callable[[float], bool]


def fixed(limit: int, window: float) -> Admits:
    """A fixed window that starts with its first request."""
    state = {"began": -math.inf, "count": 0.0}

    def admits(at: float) -> bool:
        if at - state["began"] >= window:
            state.update(began=at, count=0)
        state["count"] += state["count"] < limit + 1
        return state["count"] <= limit

    return admits


def on_the_clock(limit: int, window: float) -> Admits:
    counts: dict[float, int] = {}

    def admits(at: float) -> bool:
        counts[at // window] = counts.get(at // window, 0) + 1
        return counts[at // window] <= limit

    return admits


def sliding(limit: int, window: float) -> Admits:
    taken: list[float] = []

    def admits(at: float) -> bool:
        free = sum(at - one < window for one in taken) < limit
        taken.extend([at] * free)
        return free

    return admits


def bucket(limit: int, window: float) -> Admits:
    state = {"tokens": float(limit), "at": NOON}

    def admits(at: float) -> bool:
        tokens = min(float(limit), state["tokens"] + (at - state["at"]) * limit / window)
        free = tokens >= 1
        state.update(tokens=tokens - free, at=at)
        return free

    return admits


LIMITERS = {
    "fixed window": fixed,
    "fixed window by the clock": on_the_clock,
    "sliding window": sliding,
    "token bucket": bucket,
}


@dataclass
class Limited:
    """An endpoint with a limiter and a clock that advances with requests and waits.

    Attributes:
        admits: the limiter.
        status: the status of admitted requests.
        wait: the Retry-After of refusals; None without one.
        now: the clock, in Unix seconds.
        admitted: times of admitted requests.
    """

    admits: Admits
    status: int = 200
    wait: str | None = None
    now: float = NOON + 17.3
    admitted: list[float] = field(default_factory=list)

    async def send(self, outgoing: OutgoingRequest) -> PartialResponse:
        answer = PartialResponse(sent_at=self.now, started_ns=round(self.now * 1e9))
        self.now += 0.01
        free = self.admits(self.now)
        self.admitted += [self.now] * free
        answer.status, self.now = (self.status if free else 429), self.now + 0.01
        answer.headers = () if free or self.wait is None else ((b"retry-after", self.wait.encode()),)
        answer.headers_ns = answer.ended_ns = round(self.now * 1e9)
        return answer

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def probed(server: Limited, **options: object) -> LimitProbe:
    provider = loading.load_providers()["iio"]
    target = Target(
        "iio", provider, "http://127.0.0.1:1/v1", {"good": Key("K", "k")}, {"chat": "m"}, connections=1, tier="free"
    )
    target = replace(target, **{name: value for name, value in options.items() if name != "patience_s"})  # type: ignore[arg-type]
    patience = float(str(options.get("patience_s", 10_000)))
    case = loading.load_cases()["chat-basic"]
    probe = LimitProbe(target, case, server, Budget(target), patience, server.sleep, lambda: server.now)
    asyncio.run(probe.run())
    return probe


@pytest.mark.parametrize("name", LIMITERS)
@pytest.mark.parametrize(("limit", "window"), [(10, 60), (60, 60), (3, 60), (7, 10), (100, 60)])
def test_each_model_is_found(name: str, limit: int, window: float) -> None:
    found = fit_models(probed(Limited(LIMITERS[name](limit, window))).observations)

    assert found is not None
    assert found.resolved
    assert (found.best.model, found.best.limit) == (name, limit)
    assert found.best.low_s <= window <= found.best.high_s
    assert found.best.window_s == window


@pytest.mark.parametrize("name", LIMITERS)
@pytest.mark.parametrize("second", [0, 1, 30, 59, 59.9])
def test_each_model_is_found_from_any_second_of_a_minute(name: str, second: float) -> None:
    found = fit_models(probed(Limited(LIMITERS[name](60, 60), now=NOON + second)).observations)

    assert found is not None
    assert found.resolved
    assert (found.best.model, found.best.limit, found.best.window_s) == (name, 60, 60)


def test_any_limit_and_window_is_found() -> None:
    """The draw is fixed: of 240 drawn limiters one was off by one, a token bucket over minutes."""
    draw = Random(12)
    for _ in range(12):
        name = draw.choice(["fixed window", "sliding window", "token bucket"])
        limit, window = draw.randint(4, 40), draw.uniform(5, 900)

        found = fit_models(probed(Limited(LIMITERS[name](limit, window))).observations)

        assert found is not None
        assert (found.best.model, found.best.limit) == (name, limit)
        assert found.best.low_s * 0.98 <= window <= found.best.high_s * 1.02


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 500), st.booleans()), min_size=1, max_size=30))
def test_any_observations_have_an_explanation_by_every_model(requests: list[tuple[float, bool]]) -> None:
    seen = [Observation(NOON + at, admitted, 0.01) for at, admitted in sorted(requests)]

    found = fit_models(seen)

    if all(one.admitted for one in seen):
        assert found is None
    else:
        assert found is not None
        assert {one.model for one in found.explanations} == set(LIMITER_MODELS)
        assert all(0 <= one.explained <= len(seen) for one in found.explanations)


def test_a_limit_of_one_request_fits_all_models() -> None:
    found = fit_models(probed(Limited(fixed(1, 60))).observations)

    assert found is not None
    assert not found.resolved
    assert found.best.limit == 1
    assert found.best.low_s <= 60 <= found.best.high_s


def test_an_exhausted_budget_keeps_the_observations() -> None:
    probe = probed(Limited(fixed(10, 60)), max_requests=15)

    assert probe.budget.requests == 15
    assert "budget of 15 requests" in probe.ended
    assert sum(one.admitted for one in probe.observations) >= 10


def test_exhausted_patience_keeps_the_observations() -> None:
    probe = probed(Limited(fixed(10, 60)), patience_s=5)

    assert probe.ended
    assert [one.admitted for one in probe.observations][:11] == [True] * 10 + [False]


def test_another_status_than_success_or_refusal_is_an_error() -> None:
    with pytest.raises(WireproofError, match="status 500"):
        probed(Limited(fixed(10, 60), status=500))


@pytest.mark.parametrize(("wait", "suffices", "less"), [("60", True, True), ("30", False, True), ("100", True, False)])
def test_an_announced_wait_is_tried(wait: str, suffices: bool, less: bool) -> None:
    probe = probed(Limited(fixed(10, 60), wait=wait))
    findings = promise_findings(probe, fit_models(probe.observations, announced_limits(probe)))
    holds = {finding.what: finding.holds for finding in findings}

    assert holds["too early is refused"] is less
    # A limit that opens before the wait is over leaves no later attempt.
    assert holds.get("Retry-After is enough", True) is suffices


@pytest.mark.parametrize(
    ("fault", "model", "broken"),
    [
        ("", "fixed window", set()),
        ("minute-slides", "sliding window", set()),
        ("minute-refills", "token bucket", set()),
        ("minute-by-the-clock", "fixed window by the clock", set()),
        ("retry-after-one", "fixed window", {"Retry-After is enough"}),
        ("retry-after-missing", "fixed window", {"Retry-After"}),
        ("limit-as-503", "fixed window", {"refusal"}),
        ("remaining-constant", "fixed window", {"X-RateLimit-Remaining", "X-RateLimit-Remaining at a refusal"}),
        ("limit-header-wrong", "fixed window", {"X-RateLimit-Limit"}),
        ("limit-one-more", "fixed window", {"limit", "X-RateLimit-Limit", "X-RateLimit-Remaining"}),
        ("limit-one-less", "fixed window", {"limit", "X-RateLimit-Limit", "X-RateLimit-Remaining"}),
        ("window-of-half-a-minute", "fixed window", {"limit", "X-RateLimit-Limit", "too early is refused"}),
    ],
)
def test_faults_of_limiters_are_found_and_legal_variants_pass(
    capsys: pytest.CaptureFixture[str], fault: str, model: str, broken: set[str]
) -> None:
    code = main.main(
        ["limits", "--provider", "iio", "--json", "--connections", "1", *(["--fault", fault] * bool(fault))]
    )
    result = json.loads(capsys.readouterr().out)

    assert result["explanations"][0]["model"] == model
    assert {finding["what"] for finding in result["shown"] if finding["holds"] is False} >= broken
    assert bool(broken) == (code == 1)
    assert result["requests"] <= 100


def test_a_limit_that_is_never_enforced_is_a_broken_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["limits", "--provider", "iio", "--fault", "limit-never"]) == 1
    assert "no limit met" in capsys.readouterr().out


def test_the_limit_is_per_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["limits", "--provider", "aiorouter"]) == 0
    assert "another key was admitted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the limit of one target is measured"),
        (["--provider", "iotex"], "has a limit per minute"),
        (["--provider", "iio", "--tier", "gold"], "choose one of free, pro, enterprise"),
        (["--provider", "iio", "--case", "no-such"], "no case of one request"),
    ],
)
def test_a_configuration_error_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main.main(["limits", *arguments]) == 2
    assert sentence in capsys.readouterr().err
