"""Ceilings and the number of requests, whatever the number of xdist's workers and the folder of the run."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.evidence.ledger_reader import read_facts
from wireproof.session import mock_process

pytestmark = pytest.mark.slow

Ran = tuple[subprocess.CompletedProcess[str], list[dict[str, Any]], dict[str, Any]]
Check = Callable[..., Ran]


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["iio"]


@pytest.fixture(name="check")
def _check(fresh: Any, served: str, tmp_path: Path) -> Check:
    """A run of `wireproof check` in an empty folder; returns it with the intents of its ledger and its report."""

    def run(*words: str, endpoint: str = served) -> Ran:
        command = ["check", "-p", "no:cacheprovider", "--endpoint", endpoint, "--provider", "iio", *words]
        environment = {**os.environ, "COLUMNS": "200", "IIO_API_KEY": "iio-dev-mock-pro"}
        done = fresh("wireproof", *command, cwd=tmp_path, env=environment)
        if not (tmp_path / "reports" / "ledger.jsonl").exists():
            return done, [], {}
        intents = [fact for fact in read_facts(tmp_path / "reports" / "ledger.jsonl") if fact["kind"] == "intent"]
        return done, intents, json.loads((tmp_path / "reports" / "report.json").read_text(encoding="utf-8"))

    return run


def test_workers_send_each_case_once_outside_a_checkout(check: Check) -> None:
    done, intents, report = check("-n", "2")
    assert done.returncode == 0, done.stdout[-2000:]
    places = Counter((one["case"], one["turn"], one["step"], one["attempt"]) for one in intents)
    assert set(places.values()) == {1}
    assert len(intents) == report["requests"] <= 40


@pytest.mark.parametrize("distribution", ["load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_every_distribution_of_xdist_keeps_the_ceiling(check: Check, distribution: str) -> None:
    few = ("-k", "chat-basic or models-list or chat-cap or chat-n", "--max-requests", "3")
    _, intents, report = check("-n", "3", "--dist", distribution, *few)
    assert len(intents) == report["requests"] == 3


def test_a_ceiling_holds_for_cases_and_generated_requests_of_all_workers(check: Check) -> None:
    _, intents, report = check("-n", "2", "--examples", "3", "--max-requests", "45")
    assert len(intents) == report["requests"] == 45


def test_an_invalid_option_is_told_once_whatever_the_number_of_workers(check: Check) -> None:
    done, intents, _ = check("-n", "2", "--key", "gold=IIO_API_KEY")
    text = done.stdout + done.stderr
    assert (done.returncode, intents) == (2, [])
    assert "crashed" not in text
    assert text.count("gold") == 1, text
