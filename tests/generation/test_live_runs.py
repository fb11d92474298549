"""Generated requests under pytest against an endpoint: budgets, example databases and replays."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract.target_options import TargetOptions
from wireproof.evidence.ledger_reader import read_facts
from wireproof.generation.replay_line import Replay
from wireproof.session import mock_process
from wireproof.session.rejudge import rejudge

Fresh = Any
# Enough examples to draw an object in some place, to which the fault answers wrongly.
MANY = "60"
FAMILY = "generated:chat:invalid:wrong-type"


@pytest.fixture(name="url", scope="module")
def _url() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["openai"]


def ran(fresh: Fresh, into: Path, url: str, *words: str, **environment: str) -> tuple[str, Mapping[str, Any]]:
    """Runs one family; returns its output and its report."""
    aimed = ["--provider", "openai", "--endpoint", url, "--key-env", "SOME_KEY", f"--report-dir={into}"]
    chosen = ["suites/generated", "-q", "-k", f"openai-{FAMILY}", "-p", "no:cacheprovider", "--tb=short"]
    known = {name: value for name, value in os.environ.items() if name != "CI"}
    env = {**known, "SOME_KEY": "sk-mock-standard.generated", **environment}
    done = fresh("pytest", *chosen, *aimed, *words, env=env)
    return done.stdout + done.stderr, json.loads((into / "report.json").read_text())


def asked(into: Path) -> list[str]:
    """The generated case of each request in a ledger."""
    return [
        fact["case"] for fact in read_facts(into / "ledger.jsonl") if fact["kind"] == "exchange" and "#" in fact["case"]
    ]


def test_ten_examples_are_ten_requests_each_followed_by_a_valid_one(fresh: Fresh, url: str, tmp_path: Path) -> None:
    _, report = ran(fresh, tmp_path, url, "--examples", "10")
    assert {(v["check"], v["outcome"]) for v in report["verdicts"]} == {
        ("generated.refused", "pass"),
        ("generated.withstood", "pass"),
    }
    cases = asked(tmp_path)
    assert len(set(cases)) <= 10
    assert len(cases) == 2 * len(set(cases))


def test_nothing_is_generated_without_the_option(fresh: Fresh, url: str, tmp_path: Path) -> None:
    aimed = ["--provider", "openai", "--endpoint", url, "--collect-only", "-q", f"--report-dir={tmp_path}"]
    env = {**os.environ, "SOME_KEY": "sk-mock-standard"}
    done = fresh("pytest", "suites/generated", *aimed, "--key-env", "SOME_KEY", env=env)
    assert "no tests collected" in done.stdout


def test_a_budget_ends_the_requests_and_those_sent_are_judged(fresh: Fresh, url: str, tmp_path: Path) -> None:
    _, report = ran(fresh, tmp_path, url, "--examples", "10", "--max-requests", "8")
    assert report["requests"] <= 8
    assert {v["outcome"] for v in report["verdicts"]} == {"pass"}


def test_ci_runs_send_the_same_requests_each_time(fresh: Fresh, url: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        ran(fresh, tmp_path / name, url, "--examples", "10", CI="true")
    assert asked(tmp_path / "one") == asked(tmp_path / "two")
    assert not (tmp_path / "one" / "examples").exists()


def test_a_failure_names_its_smallest_request_its_place_and_a_replay(fresh: Fresh, url: str, tmp_path: Path) -> None:
    wrong = ("--header", "X-Wireproof-Fault: path-leaked")
    told, report = ran(fresh, tmp_path, url, *wrong, "--examples", MANY, "--shrink")
    (verdict,) = [v for v in report["verdicts"] if v["outcome"] == "fail"]
    assert verdict["case"] == FAMILY
    assert re.search(r"where        body; /\w+(/0)?(/\w+)? of the request: of the type object", told)
    assert "repeat       curl -sS -i -N -X POST" in told
    assert "sk-mock-standard" not in told
    assert list((tmp_path / "examples").iterdir())
    _, again = ran(fresh, tmp_path, url, *wrong, "--examples", "1")
    assert [v["outcome"] for v in again["verdicts"] if v["check"] == "generated.withstood"] == ["fail"]
    judged, _ = rejudge(tmp_path / "ledger.jsonl")
    assert [v.outcome for v in judged.verdicts if v.check == "generated.withstood"] == ["fail"]
    _, *words = shlex.split(verdict["replay"])
    env = {**os.environ, "SOME_KEY": "sk-mock-standard.generated"}
    done = fresh("wireproof", *words, f"--report-dir={tmp_path / 'replayed'}", cwd=tmp_path, env=env)
    assert done.returncode == 1, done.stdout
    assert len(set(asked(tmp_path / "replayed"))) == 1
    assert verdict["replay"].partition("--replay ")[2] in done.stdout


def test_a_replay_text_round_trips() -> None:
    text = f"generated.refused@{FAMILY}=6.170.15:AEEgAA=="
    assert str(Replay.from_text(text)) == text


def test_a_replay_command_has_the_options_of_the_target() -> None:
    given = {
        "endpoint": "http://h/v1",
        "tier": "free",
        "model": ["m", "embeddings=e"],
        "header": ["X-A: b"],
        "pace": 7.0,
    }
    line = Replay.from_text(f"generated.refused@{FAMILY}=6:AEEgAA==").command_line(TargetOptions(given), "openai")
    asked = "--endpoint http://h/v1 --tier free --model m --model embeddings=e --header 'X-A: b'"
    told = f"--replay generated.refused@{FAMILY}=6:AEEgAA=="
    assert line == f"wireproof check --provider openai {asked} {told}"
