"""The gate in a project of someone else's, under their pytest: what each run shows, and how it leaves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading, target_options
from wireproof.session import mock_process
from wireproof.session.pytest_plugin import check_options

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PLAIN = ("--import-mode=importlib", "-p", "wireproof.plugin", "-p", "no:locust", "-p", "no:schemathesis")
THEIRS = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
LIST = "models-list]"


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["iio"]


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        pytest.param(("-k", LIST), 0, {"failed": 0, "errors": 0}, id="the-contract-holds"),
        pytest.param(("-k", LIST, "--header=X-Wireproof-Fault: bare-lf"), 1, {"errors": 0}, id="it-is-broken"),
        pytest.param(("-k", LIST, "--key-env=WRONG"), 2, {"passed": 0}, id="the-smoke-case-fails"),
        pytest.param(("-k", LIST, "--key-env=UNSET"), 2, {"passed": 0, "failed": 0}, id="there-is-no-key"),
        pytest.param(("-k", LIST, "--baseline=nowhere.yaml"), 2, {"passed": 0, "failed": 0}, id="there-is-no-baseline"),
        pytest.param(("--fail-on=may",), 4, {"passed": 0, "failed": 0}, id="an-option-does-not-read"),
        pytest.param(("-k", "nosuchcheck"), 5, {"passed": 0, "failed": 0}, id="nothing-is-chosen"),
    ],
)
def test_each_exit_code_says_what_became_of_the_run(
    fresh: Any,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    served: str,
    words: tuple[str, ...],
    code: int,
    shown: dict[str, int],
) -> None:
    monkeypatch.setenv("IIO_API_KEY", "iio-dev-mock-pro")
    monkeypatch.setenv("WRONG", "iio-dev-of-nobody-at-all")
    theirs = pytester.makeini(THEIRS)
    asked = (str(ROOT / "suites"), "--provider=iio", f"--endpoint={served}")
    done = fresh("pytest", *PLAIN, "-c", str(theirs), *asked, *words, cwd=pytester.path)
    assert done.returncode == code, done.stdout[-3000:]
    counts = pytest.RunResult.parse_summary_nouns(done.stdout.splitlines()) if code in (0, 1) else {}
    assert {word: counts.get(word, 0) for word in shown} == shown
    assert (counts.get("failed", 0) > 0) == (code == 1)
    assert (pytester.path / "reports/report.html").exists() == (code in (0, 1) or "smoke" in done.stdout)
    assert "Traceback" not in done.stdout + done.stderr


def test_the_pace_is_that_of_the_tier_unless_it_is_given() -> None:
    known = loading.load_providers()["iio"].rate.tiers
    assert known["free"].per_minute != known["pro"].per_minute

    def pace(*words: str) -> float | None:
        parser = argparse.ArgumentParser()
        check_options.add_options(parser)
        given = parser.parse_args(["--provider", "iio", "--endpoint", "http://127.0.0.1:1/v1", *words])
        (target,) = target_options.build_targets(
            target_options.TargetOptions.from_parsed(vars(given)), {"IIO_API_KEY": "iio-dev-1"}
        )
        return target.pace

    assert {tier: pace("--tier", tier) for tier in known} == {tier: one.per_minute for tier, one in known.items()}
    assert (pace(), pace("--tier", "free", "--pace", "7")) == (None, 7)
