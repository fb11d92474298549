"""The plugin in a project of other authors, under their settings of pytest: output and exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading, target_options
from wireproof.session import mock_process
from wireproof.session.pytest_plugin import check_options

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PLAIN = ("--import-mode=importlib", "-p", "wireproof.plugin", "-p", "no:locust", "-p", "no:schemathesis")
FOREIGN_SETTINGS = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
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
        pytest.param(("--fail-on=may",), 4, {"passed": 0, "failed": 0}, id="an-option-is-invalid"),
        pytest.param(("-k", "nosuchcheck"), 5, {"passed": 0, "failed": 0}, id="nothing-is-chosen"),
    ],
)
def test_the_exit_code_of_a_run_in_another_project(
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
    settings = pytester.makeini(FOREIGN_SETTINGS)
    target = (str(ROOT / "suites"), "--provider=iio", f"--endpoint={served}")
    done = fresh("pytest", *PLAIN, "-c", str(settings), *target, *words, cwd=pytester.path)
    assert done.returncode == code, done.stdout[-3000:]
    counts = pytest.RunResult.parse_summary_nouns(done.stdout.splitlines()) if code in (0, 1) else {}
    assert {word: counts.get(word, 0) for word in shown} == shown
    assert (counts.get("failed", 0) > 0) == (code == 1)
    assert (pytester.path / "reports/report.html").exists() == (code in (0, 1) or "smoke" in done.stdout)
    assert "Traceback" not in done.stdout + done.stderr


def test_the_pace_defaults_to_the_limit_of_the_tier() -> None:
    tiers = loading.load_providers()["iio"].rate.tiers
    assert tiers["free"].per_minute != tiers["pro"].per_minute

    def pace(*words: str) -> float | None:
        parser = argparse.ArgumentParser()
        check_options.add_options(parser)
        options = parser.parse_args(["--provider", "iio", "--endpoint", "http://127.0.0.1:1/v1", *words])
        (target,) = target_options.build_targets(
            target_options.TargetOptions.from_parsed(vars(options)), {"IIO_API_KEY": "iio-dev-1"}
        )
        return target.pace

    assert {tier: pace("--tier", tier) for tier in tiers} == {name: tier.per_minute for name, tier in tiers.items()}
    assert (pace(), pace("--tier", "free", "--pace", "7")) == (None, 7)
