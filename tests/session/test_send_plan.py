"""`wireproof plan` shows what a run sends, and sends nothing; the profiles stay within their limits."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import loading, target_options
from wireproof.judging.suite_loader import load_checks
from wireproof.session.send_plan import SendPlan, build_plan
from wireproof.session.target_run import open_target_run

PROVIDERS = loading.load_providers()
each_provider = pytest.mark.parametrize("provider", [pytest.param(name, id=name) for name in PROVIDERS])


@cache
def planned(provider: str, profile: str) -> SendPlan:
    """The plan of a live target without options beyond its endpoint."""
    options = target_options.TargetOptions(
        {"provider": [provider], "endpoint": "http://127.0.0.1:9/v1", "profile": profile}
    )
    (target,) = target_options.build_targets(options, {})
    return build_plan(open_target_run(target, PROVIDERS, load_checks()))


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "wireproof", *options], capture_output=True, text=True)


@pytest.fixture(name="plan")
def _plan(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs `wireproof plan --json` in this process; returns the plan of its one target."""

    def run(*options: str) -> dict[str, Any]:
        assert main.main(["plan", *options, "--json"]) == 0
        (plan,) = json.loads(capsys.readouterr().out)
        return dict(plan)

    return run


@each_provider
def test_core_is_at_most_40_requests_and_15000_tokens_of_output(provider: str) -> None:
    core = planned(provider, "core")
    # The rest is for repeats of answers that decide nothing.
    assert core.request_count <= 37
    assert core.request_count + core.max_repeats == 40
    assert core.uncapped_cases == ()
    assert core.max_output_tokens <= 15_000


@each_provider
def test_core_gives_four_verdicts_a_request_and_more(provider: str) -> None:
    core = planned(provider, "core")
    assert core.verdicts >= 4 * core.request_count


@each_provider
def test_full_is_at_most_250_requests_and_50_repeats(provider: str) -> None:
    full = planned(provider, "full")
    assert full.request_count <= 250
    assert full.request_count + full.max_repeats <= 300


@each_provider
def test_each_profile_contains_the_one_before_it(provider: str) -> None:
    core, full, every = (planned(provider, profile).cases.keys() for profile in ("core", "full", "all"))
    assert core < full < every


@pytest.mark.parametrize("form", [pytest.param(("--json",), id="json"), pytest.param((), id="text")])
def test_a_plan_sends_nothing(form: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        done = ran("plan", "--provider", "openai", "--endpoint", url, *form)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert (done.returncode, done.stderr) == (0, "")


def test_a_plan_shows_requests_tokens_cost_and_time(plan: Callable[..., dict[str, Any]]) -> None:
    data = plan("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1", "--pace", "10", "--price", "1,2")
    assert data["requests"] == planned("iio", "core").request_count
    assert data["output_tokens"] == planned("iio", "core").max_output_tokens
    assert data["cost"] == pytest.approx((data["input_tokens"] + 2 * data["output_tokens"]) / 1e6, rel=0.5)
    assert data["seconds"] == 6 * (data["requests"] - 1)


def test_a_plan_shows_the_waits_that_patience_allows(
    plan: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREE_KEY", "iio-dev-of-nobody")
    url = ("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1", "--profile", "all", "--key", "free=FREE_KEY")
    hasty, patient = plan(*url), plan(*url, "--patience", "65")
    assert (hasty["waits"], hasty["seconds"]) == (0, None)
    # A case waits a minute for the window of the free tier, after another minute for a window of its own.
    assert patient["waits"] == patient["seconds"] > 120
    assert patient["verdicts"] > hasty["verdicts"]
    shown = ran("plan", *url, "--patience", "65", "--pace", "600").stdout
    assert f"of which {patient['waits']:.0f} s are waits for rate-limit windows" in shown


def test_a_plan_leaves_out_cases_beyond_the_budget(plan: Callable[..., dict[str, Any]]) -> None:
    data = plan("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1", "--max-requests", "5")
    assert data["requests"] == 5
    assert set(data["unsent"].values()) == {"the budget of 5 requests is spent"}


def test_a_plan_shows_the_promises_that_the_run_would_decide(plan: Callable[..., dict[str, Any]]) -> None:
    url = ("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1")

    def decided(*options: str) -> tuple[int, dict[str, int]]:
        promises, wire = plan(*url, *options)["promises"]
        assert (promises["contract"], wire["contract"]) == ("iio", "wire")
        open_by_cause = {group["cause"]: len(group["clauses"]) for group in promises["open"]}
        assert promises["total"] == len(promises["decided"]) + sum(open_by_cause.values())
        return len(promises["decided"]), open_by_cause

    core, full = decided(), decided("--profile", "full")
    assert core[0] < full[0]
    assert core[1].keys() >= {"profile-full", "profile-all", "key", "outage"}
    assert "profile-full" not in full[1]
    assert decided("--max-requests", "5")[1]["budget"] > 0
    assert f"iio: {core[0]} of " in (text := ran("plan", *url).stdout)
    assert " promises of this document would be decided; " in text
    assert " promises of the wire would be decided; " in text


def test_generated_requests_are_planned_with_their_promises(plan: Callable[..., dict[str, Any]]) -> None:
    with_examples = ("--endpoint", "http://127.0.0.1:9/v1", "--examples", "2")
    drawn, plain = (plan(*words)["promises"][-1] for words in (with_examples, with_examples[:2]))
    assert len(drawn["decided"]) >= len(plain["decided"])


def test_a_plan_takes_the_options_of_check() -> None:
    wanted = set(re.findall(r"--[a-z-]+", ran("plan", "--help").stdout))
    assert {"--provider", "--endpoint", "--profile", "--max-requests", "--max-output-tokens", "--max-cost"} <= wanted
    assert ran("plan", "--price", "much").stderr.startswith("wireproof: --price much: it cannot be parsed")
