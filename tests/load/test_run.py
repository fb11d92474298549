"""Whole load runs: processes, merged figures, files, refusals and exit codes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Serve = Run = Any
TEN = ("--max-requests", "10", "--jitter", "0", "-t", "60s")


def test_without_a_host_mixed_users_load_local_cells(load: Run) -> None:
    ended = load("-u", "4", "--latency", "instant", *TEN)
    assert ended.code == 0
    assert sum(one["outcomes"]["ok"] for one in ended.summary["requests"].values()) == 10
    assert len(ended.summary["requests"]) > 1
    assert ended.summary["stopped_by_ceiling"]


def test_the_thin_locustfile_is_a_load_run() -> None:
    command = [str(Path(sys.executable).parent / "locust"), "-f", "load/locustfile.py", "Models", "--headless"]
    command += [
        "-u",
        "1",
        "--max-requests",
        "3",
        "--jitter",
        "0",
        "-t",
        "60s",
        "--latency",
        "instant",
        "--only-summary",
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    assert "models-list: 3 ok" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("PASSED: all 3 requests are ok")


KINDS = {
    "Chat": "chat-basic",
    "Stream": "chat-usage-stream",
    "Responses": "responses-cap-stream",
    "Embeddings": "embeddings-many",
    "Models": "models-list",
    "Images": "images-basic",
}


def test_each_kind_of_user_is_answered_by_openai(serve: Serve, load: Run) -> None:
    with serve("instant") as cell:
        ended = load(*KINDS, "-u", "6", "--max-requests", "36", "--jitter", "0", "-t", "60s", at=cell)
    assert ended.summary["requests"].keys() == set(KINDS.values())
    assert [set(one["outcomes"]) for one in ended.summary["requests"].values()] == [{"ok"}] * len(KINDS)
    assert ended.summary["all"]["outcomes"] == {"ok": 36}


@pytest.mark.parametrize("provider", ["iio", "io-intelligence", "iotex", "aion", "aiorouter"])
def test_streams_of_each_provider_are_read(ready: Callable[[str], Any], load: Run, provider: str) -> None:
    assert load("Stream", "-u", "2", *TEN, at=ready(provider)).one["outcomes"] == {"ok": 10}


def test_several_processes_report_the_figures_of_one(serve: Serve, load: Run) -> None:
    with serve("instant") as cell:
        ended = load(
            "Stream", "-u", "4", "--processes", "2", "--max-requests", "30", "--jitter", "0", "-t", "8s", at=cell
        )
        told = cell.told()
    found = ended.one
    assert found["outcomes"] == {"ok": 30}
    assert told["counts"]["answers"] == 30
    assert found["metrics"]["ITL ms"]["n"] == told["ms"]["gap"]["n"] == 63 * 30
    assert found["metrics"]["TTFT ms"]["n"] == 30


def test_an_open_loop_reports_missed_starts_and_strict_fails_for_them(serve: Serve, load: Run) -> None:
    with serve("steady") as cell:
        ended = load(
            "Stream", "-u", "1", "--rate", "50", "--max-requests", "4", "--strict", "--seed", "7", "-t", "60s", at=cell
        )
    assert ended.code == 2
    assert ended.summary["schedule"]["missed"] > 0
    assert not ended.summary["valid"]
    assert ended.summary["seed"] == 7
    assert {"TTFT ms", "TTFT from due ms", "e2e from due ms"} <= set(ended.one["metrics"])
    assert "lag ms" in ended.summary["generator"]


def test_a_remote_host_needs_permission_and_has_ceilings(load: Run) -> None:
    refused = load("Stream", "--host", "https://api.example/v1", "-t", "1s")
    assert refused.code == 2
    assert "--i-may-load-this-host" in refused.errors
    assert "1000 requests, 100000 output tokens, $1" in refused.errors


def test_an_unknown_model_is_rejected_before_the_start(load: Run) -> None:
    refused = load("Stream", "--host", "http://127.0.0.1:9/v1", "-t", "1s")
    assert refused.code == 2
    assert "--model" in refused.errors


def test_a_refused_connection_is_unreachable_and_no_latency(load: Run) -> None:
    ended = load(
        "Stream", "--host", "http://127.0.0.1:9/v1", "--model", "m", "--max-requests", "2", "--jitter", "0", "-t", "60s"
    )
    assert ended.one["outcomes"] == {"unreachable": 2}
    assert ended.one["metrics"].get("e2e ms", {"n": 0})["n"] == 0
    assert ended.code == 2


def test_figures_are_in_the_reports_of_locust_and_beside_them(serve: Serve, load: Run, tmp_path: Path) -> None:
    page, prefix = tmp_path / "page.html", tmp_path / "run"
    with serve("steady") as cell:
        load("Stream", "-u", "2", *TEN, "--html", str(page), "--csv", str(prefix), at=cell)
    with Path(f"{prefix}_stats.csv").open() as file:
        kinds = {row["Type"] for row in csv.DictReader(file)}
    assert {"POST", "TTFT ms", "TTFOT ms", "ITL ms", "TPOT ms", "headers ms", "DONE to EOF ms", "tok/s"} <= kinds
    with Path(f"{prefix}_wireproof.csv").open() as file:
        rows = {row["metric"]: row for row in csv.DictReader(file)}
    assert int(rows["ITL ms"]["n"]) == 630
    assert rows["TTFT ms"]["p99"] == ""
    text = page.read_text()
    assert "TTFT ms" in text
    assert "the read with the first content" in text


def test_a_run_prints_the_error_bar_of_a_calibration(serve: Serve, load: Run, tmp_path: Path) -> None:
    bar = tmp_path / "bar.json"
    command = [sys.executable, "-m", "wireproof", "calibrate", "-u", "12", "-t", "5", "--json", "--write", str(bar)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert {"p50", "p99"} == set(found["error_bar"]["ITL ms"])
    assert found["cell"]["lateness"]["n"] > 0
    with serve("instant") as cell:
        told = load("Models", "-u", "1", *TEN, "--error-bar", str(bar), at=cell)
    assert "according to its calibration this client adds" in told.output
    assert told.summary["error_bar"] == found["error_bar"]


def test_an_invalid_error_bar_is_rejected(load: Run, tmp_path: Path) -> None:
    (tmp_path / "bar.json").write_text("[]")
    refused = load("Models", "--error-bar", str(tmp_path / "bar.json"), "-t", "1s")
    assert refused.code == 2
    assert "wireproof calibrate" in refused.errors
