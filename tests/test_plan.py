"""A plan says what a run sends, and sends nothing; the profiles keep within their figures on every provider."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from functools import cache

import pytest

from wireproof import aim, config
from wireproof.plan import Plan, plan
from wireproof.suites import load_checks
from wireproof.trial import open_trial

PROVIDERS = config.load_providers()
each_provider = pytest.mark.parametrize("provider", [pytest.param(name, id=name) for name in PROVIDERS])


@cache
def planned(provider: str, profile: str) -> Plan:
    """The plan of a live target of which nothing is known but a plain key."""
    aimed = aim.Aim(providers=(provider,), endpoint="http://127.0.0.1:9/v1", profile=profile)
    (target,) = aim.targets(aimed, {})
    return plan(open_trial(target, PROVIDERS, load_checks()))


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "wireproof", *options], capture_output=True, text=True)


@each_provider
def test_core_is_at_most_40_requests_and_15000_tokens_of_output(provider: str) -> None:
    core = planned(provider, "core")
    assert core.requests <= 40
    assert core.uncapped == ()
    assert core.output <= 15_000


@each_provider
def test_core_gives_four_verdicts_a_request_and_more(provider: str) -> None:
    core = planned(provider, "core")
    assert core.verdicts >= 4 * core.requests


@each_provider
def test_full_is_at_most_150_requests(provider: str) -> None:
    assert planned(provider, "full").requests <= 150


@each_provider
def test_each_profile_holds_the_one_before_it(provider: str) -> None:
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


def test_a_plan_tells_requests_tokens_cost_and_time() -> None:
    url = ("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1")
    (told,) = json.loads(ran("plan", *url, "--pace", "10", "--price", "1,2", "--json").stdout)
    assert told["requests"] == planned("iio", "core").requests
    assert told["output_tokens"] == planned("iio", "core").output
    assert told["cost"] == pytest.approx((told["input_tokens"] + 2 * told["output_tokens"]) / 1e6, rel=0.5)
    assert told["seconds"] == 6 * (told["requests"] - 1)


def test_a_plan_tells_the_waits_that_patience_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREE_KEY", "iio-dev-of-nobody")
    url = ("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1", "--profile", "all", "--key", "free=FREE_KEY")
    (hasty,) = json.loads(ran("plan", *url, "--json").stdout)
    (patient,) = json.loads(ran("plan", *url, "--patience", "65", "--json").stdout)
    assert (hasty["waits"], hasty["seconds"]) == (0, None)
    # The window of the free tier alone takes a minute, and a minute of its own before it.
    assert patient["waits"] == patient["seconds"] > 120
    assert patient["verdicts"] > hasty["verdicts"]
    told = ran("plan", *url, "--patience", "65", "--pace", "600").stdout
    assert f"{patient['waits']:.0f} s are waited for later moments" in told


def test_a_plan_leaves_out_what_a_budget_does_not_allow() -> None:
    url = ("--provider", "iio", "--endpoint", "http://127.0.0.1:9/v1")
    (told,) = json.loads(ran("plan", *url, "--max-requests", "5", "--json").stdout)
    assert told["requests"] == 5
    assert set(told["unsent"].values()) == {"the budget of 5 requests is spent"}


def test_a_plan_takes_the_options_of_check() -> None:
    wanted = set(re.findall(r"--[a-z-]+", ran("plan", "--help").stdout))
    assert {"--provider", "--endpoint", "--profile", "--max-requests", "--max-output-tokens", "--max-cost"} <= wanted
    assert ran("plan", "--price", "much").stderr.startswith("wireproof: --price much: it does not read")
