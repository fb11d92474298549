"""Whole scenarios against cells with known behaviour: lengths, stages, windows, traces, left streams, thresholds."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from wireproof.contract import data_files, loading, schemas
from wireproof.errors import ConfigError
from wireproof.formats.yaml_file import read_yaml
from wireproof.load.scenario import stages
from wireproof.load.scenario.scenario import read_scenarios, single_load_shape

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Serve = Run = Any
COUNT = {"/messages/0/content": "Count from 1 to 200, separated by commas."}
# The tokens of that question, as the reference server counts them.
ASKED = 21
STREAM = {"case": "chat-usage-stream", "set": COUNT}


@pytest.fixture(name="run")
def _run(load: Run, tmp_path: Path) -> Any:
    """Runs a scenario of the test and validates its summary and its raw records by their schemas."""

    def run(row: dict[str, Any], *words: str, at: Any, extra: Sequence[tuple[str, str]] = ()) -> Any:
        for name, text in extra:
            (tmp_path / name).write_text(text)
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump({"scenarios": {"mine": {"says": "of this test", **row}}}))
        raw = tmp_path / "records.jsonl"
        ended = load("mine", "--scenarios", str(file), "--seed", "5", "--records", str(raw), *words, at=at)
        assert ended.summary is not None, ended.errors
        schemas.check_format(ended.summary, "load", "the summary")
        records = [json.loads(line) for line in raw.read_text().splitlines()]
        for record in records:
            schemas.check_format(record, "record", "a record")
        return ended, records

    return run


def test_every_scenario_is_valid_and_every_provider_has_one() -> None:
    known = read_scenarios()
    assert {one.provider for one in known.values() if one.provider} == set(loading.load_providers(None))
    for one in known.values():
        one.load_shape.validate()


@pytest.mark.parametrize("name", [name for name, one in read_scenarios().items() if one.provider])
def test_a_ready_scenario_is_answered_by_its_provider(load: Run, ready: Callable[[str], Any], name: str) -> None:
    """Runs at a high rate and without the scenario's duration, as only its requests are of interest."""
    provider = str(read_scenarios()[name].provider)
    words = ("--rate", "200", "--warm-up", "0", "--cool-down", "0", "--max-requests", "25", "-t", "60s")
    ended = load(name, *words, at=ready(provider))
    assert ended.summary is not None, ended.errors
    assert set(ended.summary["all"]["outcomes"]) <= {"ok", "left"}
    assert sum(ended.summary["all"]["outcomes"].values()) == 25


def test_lengths_follow_their_distribution_and_are_equal_in_every_run(run: Any, serve: Serve) -> None:
    row = {
        "cases": [
            STREAM | {"weight": 2, "prompt": {"uniform": [50, 90]}, "answer": {"file": "lengths.txt"}},
            {"case": "models-list"},
        ]
    }
    told, lengths = [], [("lengths.txt", "7 9 30")]
    with serve("instant") as cell:
        for users in ("2", "5"):
            words = ("-u", users, "--max-requests", "60", "--jitter", "0", "-t", "60s")
            _, records = run(row, *words, at=cell, extra=lengths)
            told.append(
                sorted(
                    (one["number"], one["name"], one["tokens"]["prompt"], one["tokens"]["answer"]) for one in records
                )
            )
    assert told[0] == told[1]
    assert [number for number, *_ in told[0]] == list(range(60))
    streams = [one for one in told[0] if one[1] == "chat-usage-stream"]
    assert 30 < len(streams) < 50
    assert {answer for *_, answer in streams} == {7, 9, 30}
    prompts = {prompt - ASKED for _, _, prompt, _ in streams}
    assert 50 <= min(prompts) < max(prompts) <= 90


def test_figures_exclude_warm_up_and_cool_down(run: Any, serve: Serve) -> None:
    course = [{"burst": 5}, {"for": 1, "rate": 20}, {"for": 1, "rate": [20, 60]}]
    load = {"users": 40, "warm_up": 0.5, "cool_down": 0.5, "arrivals": "constant", "stages": course}
    with serve("instant") as cell:
        ended, records = run({"cases": [STREAM | {"cap": 8}], "load": load}, at=cell)
    due = [at / 1e9 for at in stages.start_times_ns([stages.Stage.from_row(one) for one in course], "constant", 5)]
    part = {number: "warm-up" if at < 0.5 else "window" if at < 1.5 else "cool-down" for number, at in enumerate(due)}
    assert len(due) == 65
    assert {one["number"]: one["part"] for one in records} == {one["number"]: part[one["number"]] for one in records}
    assert all(abs(one["due_ms"] / 1000 - due[one["number"]]) < 1e-6 for one in records)
    found = Counter(one["part"] for one in records)
    summary = ended.summary
    assert len(records) + summary["schedule"]["missed"] == summary["schedule"]["due"] == 65
    assert {name: sum(one.values()) for name, one in summary["outside"].items()} == {
        "warm-up": found["warm-up"],
        "cool-down": found["cool-down"],
    }
    assert ended.one["metrics"]["TTFT ms"]["n"] == sum(ended.one["outcomes"].values()) == found["window"]
    # Until the last of what is looked at has ended, and no further than the window.
    last_s = max(one["ended_ms"] for one in records if one["part"] == "window") / 1000
    assert summary["window_s"] == pytest.approx(min(1.5, last_s) - 0.5, abs=0.05)


def test_a_trace_is_replayed_line_by_line(run: Any, serve: Serve) -> None:
    rows = [
        {"timestamp": 20 * place, "input_length": 520 + place, "output_length": 3 + place, "hash_ids": [0, place + 1]}
        for place in range(30)
    ]
    trace = ("trace.jsonl", "\n".join(map(json.dumps, rows)))
    load = {"users": 60, "trace": {"file": "trace.jsonl", "speed": 0.5}}
    with serve("instant") as cell:
        ended, records = run({"cases": [STREAM], "load": load}, at=cell, extra=[trace])
    assert ended.summary["schedule"]["due"] == 30
    for one in records:
        asked = rows[one["number"]]
        assert one["due_ms"] == pytest.approx(2 * asked["timestamp"])
        assert one["tokens"] == {
            "prompt": asked["input_length"] + ASKED,
            "answer": asked["output_length"],
            "by": "usage",
        }


def test_left_streams_are_no_errors_and_no_latencies(run: Any, serve: Serve) -> None:
    """Compares the outcomes with the number of answers that the cell completed."""
    row = {"cases": [STREAM | {"cap": 40, "leave": {"share": 0.5, "chunks": 5}}]}
    with serve("brisk") as cell:
        ended, records = run(row, "-u", "4", "--max-requests", "40", "--jitter", "0", "-t", "60s", at=cell)
        told = cell.told()["counts"]
    outcomes = ended.one["outcomes"]
    assert ended.code == 0
    assert outcomes["ok"] + outcomes["left"] == 40
    assert 10 < outcomes["left"] < 30
    assert told["answers"] >= outcomes["ok"]
    assert ended.one["metrics"]["e2e ms"]["n"] == ended.one["metrics"]["TTFT ms"]["n"] == outcomes["ok"]
    left = [one for one in records if one["outcome"] == "left"]
    assert all(len(one["gaps_ms"]) >= 4 for one in left)
    assert "left" not in str(ended.summary["requests"]["chat-usage-stream"]["samples"])


def test_streams_are_left_by_time(run: Any, serve: Serve) -> None:
    """A stream of this cell lasts 680 ms, and clients leave after 100 ms."""
    row = {"cases": [STREAM | {"cap": 64, "leave": {"share": 1.0, "ms": 100}}]}
    with serve("steady") as cell:
        ended, _ = run(row, "-u", "4", "--max-requests", "12", "--jitter", "0", "-t", "60s", at=cell)
        told = cell.told()
    assert ended.one["outcomes"] == {"left": 12}
    assert told["counts"].get("answers", 0) == 0
    assert "TTFT ms" not in ended.one["metrics"]


def test_users_come_and_go_by_the_stages(run: Any, serve: Serve) -> None:
    load = {"stages": [{"for": 2, "users": 2}, {"for": 1, "users": 6}, {"for": 2, "users": 1}]}
    with serve("steady") as cell:
        ended, records = run({"cases": [STREAM | {"cap": 16}], "load": load}, "--jitter", "0", at=cell)
    assert ended.code == 0, ended.errors
    assert ended.summary["users"] == 6
    assert {one["outcome"] for one in records} == {"ok"}
    flying = max(sum(other["sent_ms"] <= one["sent_ms"] < other["ended_ms"] for other in records) for one in records)
    assert 2 < flying <= 6


@pytest.mark.parametrize(
    ("thresholds", "code"),
    [
        pytest.param(["error_rate = 0%", "requests = 20", "ttft_p50 < 1s"], 0, id="holds"),
        pytest.param(["error_rate = 0%", "ttft_p50 < 0.000001ms"], 1, id="broken"),
        pytest.param(["ttft_p99 < 10s"], 2, id="too-few-values"),
    ],
)
def test_a_run_ends_by_its_thresholds(run: Any, serve: Serve, tmp_path: Path, thresholds: list[str], code: int) -> None:
    junit = tmp_path / "junit.xml"
    words = ("-u", "2", "--max-requests", "20", "--jitter", "0", "-t", "60s", "--junit", str(junit))
    words += tuple(word for text in thresholds[1:] for word in ("--threshold", text))
    with serve("instant") as cell:
        ended, _ = run({"cases": [STREAM | {"cap": 8}], "thresholds": thresholds[:1]}, *words, at=cell)
    assert ended.code == code, ended.output
    cases = ET.parse(junit).getroot().iter("testcase")
    assert [case.attrib["name"] for case in cases][:-2] == thresholds


def test_errors_within_a_threshold_do_not_fail_a_run(load: Run, ready: Callable[[str], Any]) -> None:
    fault = ("--header", "X-Wireproof-Fault: body-cut", "--max-requests", "5", "--jitter", "0", "-t", "60s")
    allowed = ("--threshold", "error_rate <= 100%", "--threshold", "conformance >= 0%")
    assert load("stream", "-u", "1", *fault, *allowed, at=ready("openai")).code == 0
    assert load("stream", "-u", "1", *fault, *allowed[:2], at=ready("openai")).code == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "scenarios: {a: {says: x, cases: [{case: chat-basic, prompt: {uniform: [1]}}]}}", "uniform", id="lengths"
        ),
        pytest.param(
            "scenarios: {a: {says: x, cases: [{case: chat-basic}], thresholds: [fast]}}", "fast", id="threshold"
        ),
        pytest.param(
            "scenarios: {a: {says: x, cases: [{case: chat-basic}], load: {stages: [{for: 1}]}}}", "stage", id="stage"
        ),
        pytest.param("scenarios: {a: {says: x, cases: [{case: no-such-case}]}}", "no-such-case", id="case"),
    ],
)
def test_an_invalid_scenario_is_rejected_in_one_sentence(load: Run, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    ended = load("a", "--scenarios", str(tmp_path / "mine.yaml"), "--latency", "instant", "-t", "1s")
    assert ended.code == 2
    assert told in ended.errors
    assert "Traceback" not in ended.errors


def test_two_scenarios_with_a_load_cannot_be_combined() -> None:
    known = read_scenarios()
    with pytest.raises(ConfigError, match="alone"):
        single_load_shape([known["ramp"], known["chat"]])


def test_the_scenarios_file_follows_its_schema() -> None:
    schemas.check_format(read_yaml(data_files.root() / "load/scenarios.yaml"), "scenarios", "x")


def test_the_kubernetes_manifest_has_valid_options(tmp_path: Path) -> None:
    """The operator passes the manifest's arguments to locust; `--list` parses them without a run."""
    spec = yaml.safe_load((ROOT / "load/kubernetes.yaml").read_text())["spec"]
    (tmp_path / "locustfile.py").write_text(spec["locustfile"]["content"])
    locust = str(Path(sys.executable).parent / "locust")
    ended = subprocess.run(
        [locust, *shlex.split(spec["args"]), "--list"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "openai-assistant" in ended.stdout.split()
    workers = int(spec["args"].split("--expect-workers")[1].split()[0])
    assert workers == spec["workers"]
