"""Runs of several processes (locust's master and workers over loopback), compared with runs of one process."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from wireproof import stats

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Serve = Run = Any
ROW = {
    "says": "of these tests",
    "cases": [
        {"case": "chat-usage-stream", "weight": 3, "prompt": {"uniform": [20, 60]}, "answer": {"uniform": [4, 24]},
         "set": {"/messages/0/content": "Count from 1 to 200, separated by commas."}},
        {"case": "models-list", "weight": 1},
    ],
}  # fmt: skip
CLOSED = ("-u", "6", "--max-requests", "150", "--jitter", "0", "-t", "100s", "--seed", "9")
# A percentile of the sketch is accurate to a bucket, next to the value at its rank, and rounded to four digits.
WITHIN = stats.RELATIVE_ACCURACY * 1.01 + 0.0005


@pytest.fixture(name="written")
def _written(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"scenarios": {"mine": ROW}}))
    return file


def await_count(cell: Any, what: str, number: int, process: subprocess.Popen[Any]) -> None:
    """Waits until the cell has counted `number`; fails if the load run ends before."""
    while cell.told()["counts"].get(what, 0) < number:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            pytest.fail(f"it ended before {number} {what}")


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def at_rank(values: Sequence[float], share: float) -> tuple[float, float]:
    """The values on either side of a rank."""
    ordered, rank = sorted(values), share * (len(values) - 1)
    return ordered[math.floor(rank)], ordered[math.ceil(rank)]


def check_figures(summary: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> None:
    """Asserts that counts and percentiles of a summary equal those of the raw records of all processes."""
    for name, one in summary["requests"].items():
        mine = [record for record in records if record["name"] == name]
        assert one["outcomes"] == Counter(record["outcome"] for record in mine)
        assert one["tokens"].get("usage", 0) == sum(record["tokens"]["answer"] for record in mine)
        assert one["received_bytes"] == sum(record["bytes"]["received"] for record in mine)
        raw = {
            "e2e ms": [record["ended_ms"] - record["sent_ms"] for record in mine],
            "headers ms": [record["headers_ms"] - record["sent_ms"] for record in mine],
            "TTFT ms": [record["first_ms"] - record["sent_ms"] for record in mine if record["first_ms"] is not None],
        }
        for kind, values in raw.items():
            if not values:
                continue
            told = one["metrics"][kind]
            assert told["n"] == len(values)
            assert told["mean"] == pytest.approx(sum(values) / len(values), rel=1e-6)
            for word, share in (("p50", 0.5), ("p90", 0.9)):
                if len(values) * (1 - share) < stats.MIN_VALUES_BEYOND:
                    assert told[word] is None
                    continue
                low, high = at_rank(values, share)
                assert low * (1 - WITHIN) <= told[word] <= high * (1 + WITHIN), (name, kind, word)
    slices = summary["timeline"]["slices"]
    counted = sum(number for one in slices for key, number in one["counts"].items() if key.startswith("window/"))
    assert counted == len(records)


def test_two_processes_send_the_requests_of_one_and_merge_their_figures(
    load: Run, serve: Serve, written: Path, tmp_path: Path
) -> None:
    asked = []
    with serve("lively") as cell:
        for words in ((), ("--processes", "2")):
            raw = tmp_path / "records.jsonl"
            ended = load("mine", "--scenarios", str(written), "--records", str(raw), *CLOSED, *words, at=cell)
            assert ended.code == 0, ended.errors
            records = rows(raw)
            check_figures(ended.summary, records)
            asked.append(sorted((one["number"], one["name"], one["tokens"]["prompt"]) for one in records))
    assert asked[0] == asked[1]
    assert {one["process"] for one in records} == {0, 1}
    assert ended.summary["workers"] == {"count": 2, "lost": []}


def test_a_master_and_three_workers_share_a_schedule_and_merge_their_figures(
    serve: Serve, started: Run, port: str, written: Path, tmp_path: Path
) -> None:
    raw, file = tmp_path / "records.jsonl", tmp_path / "summary.json"
    mine = ("mine", "--scenarios", str(written))
    with ExitStack() as stack:
        cell = stack.enter_context(serve("instant"))
        workers = [stack.enter_context(started(*mine, "--worker", "--master-port", port)) for _ in range(3)]
        words = ("--rate", "60", "--arrivals", "constant", "-u", "30", "-t", "3s", "--seed", "9")
        # The schedule ends at -t; requests under way are then awaited by --stop-timeout.
        master = stack.enter_context(
            started(*mine, *words, "--master", "--master-bind-port", port, "--expect-workers", "3", "--host", cell.url,
                    "--own-cells", "--records", str(raw), "--summary", str(file), "--only-summary",
                    "--max-requests", "120", "--threshold", "requests >= 100", "--stop-timeout", "30")
        )  # fmt: skip
        told, _ = master.communicate(timeout=100)
        for worker in workers:
            worker.communicate(timeout=60)
    summary, records = json.loads(file.read_text()), rows(raw)
    check_figures(summary, records)
    assert summary["workers"] == {"count": 3, "lost": []}
    assert Counter(one["process"] for one in records).keys() == {0, 1, 2}
    numbers = sorted(one["number"] for one in records)
    assert len(set(numbers)) == len(numbers)
    assert all(one["number"] % 3 == one["process"] for one in records)
    # Every start is scheduled at the rate of the whole cluster.
    assert all(one["due_ms"] == pytest.approx(one["number"] / 60 * 1000, abs=1e-3) for one in records)
    assert summary["schedule"]["missed"] + len(records) <= summary["schedule"]["due"] <= 180
    (gate,) = summary["thresholds"]
    assert gate["value"] == len(records)
    assert master.returncode == (0 if gate["holds"] else 1), told


def test_a_killed_worker_is_reported_with_its_lost_starts(
    serve: Serve, started: Run, port: str, written: Path, tmp_path: Path
) -> None:
    file = tmp_path / "summary.json"
    mine = ("mine", "--scenarios", str(written))
    with ExitStack() as stack:
        cell = stack.enter_context(serve("instant"))
        words = ("--rate", "30", "--arrivals", "constant", "-u", "12", "-t", "15s", "--strict")
        master = stack.enter_context(
            started(*mine, *words, "--master", "--master-bind-port", port, "--expect-workers", "2", "--host", cell.url,
                    "--own-cells", "--summary", str(file), "--only-summary")
        )  # fmt: skip
        workers = [stack.enter_context(started(*mine, "--worker", "--master-port", port)) for _ in range(2)]
        await_count(cell, "requests", 40, master)
        os.killpg(workers[0].pid, signal.SIGKILL)
        told, _ = master.communicate(timeout=100)
    summary = json.loads(file.read_text())
    assert summary["workers"]["count"] == 2
    (lost,) = summary["workers"]["lost"]
    # Half of the cluster's 30 starts a second belonged to it; those not reported are lost.
    assert lost["starts_lost"] > 0
    assert 15 * 15 - 20 <= lost["starts_lost"] + lost["requests"] <= 15 * 15 + 1 or lost["requests"] == 0
    assert not summary["valid"]
    assert any("was lost" in doubt and "starts of its share" in doubt for doubt in summary["doubts"])
    assert "INVALID: worker" in told
    assert master.returncode == 2


def test_two_concurrent_runs_do_not_mix(serve: Serve, started: Run, written: Path, tmp_path: Path) -> None:
    """Each run has its own master on a free local port, so no worker joins the other run."""
    mine = (
        "mine",
        "--scenarios",
        str(written),
        "-u",
        "4",
        "--max-requests",
        "60",
        "--jitter",
        "0",
        "-t",
        "60s",
        "--only-summary",
    )
    files = [tmp_path / f"{name}.json" for name in ("one", "other")]
    with ExitStack() as stack:
        cell = stack.enter_context(serve("steady"))
        aimed = ("--host", cell.url, "--own-cells", "--processes", "2")
        runs = [stack.enter_context(started(*mine, *aimed, "--summary", str(file))) for file in files]
        told = [run.communicate(timeout=100)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    for summary in (json.loads(file.read_text()) for file in files):
        assert summary["all"]["outcomes"] == {"ok": 60}
        assert summary["workers"] == {"count": 2, "lost": []}


@pytest.mark.parametrize("words", [pytest.param((), id="alone"), pytest.param(("--processes", "2"), id="two")])
def test_a_terminated_run_writes_its_summary_without_lost_workers(
    serve: Serve, environment: dict[str, str], written: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = tmp_path / "summary.json"
    locust = [str(Path(sys.executable).parent / "locust"), "-f", str(ROOT / "load/locustfile.py"), "mine", "--headless"]
    with serve("steady") as cell:
        aimed = ("--scenarios", str(written), "--host", cell.url, "--own-cells", "-u", "4", "--summary", str(file))
        with subprocess.Popen([*locust, *aimed, *words], cwd=ROOT, env=environment, stderr=subprocess.PIPE) as run:
            await_count(cell, "answers", 10, run)
            run.terminate()
            _, told = run.communicate(timeout=60)
    summary = json.loads(file.read_text())
    assert summary["all"]["outcomes"].keys() == {"ok"}
    assert summary["all"]["outcomes"]["ok"] >= 10
    assert summary["workers"]["lost"] == []
    assert run.returncode == 0, told


def test_a_late_worker_has_no_share_and_is_reported(
    serve: Serve, started: Run, port: str, written: Path, tmp_path: Path
) -> None:
    file = tmp_path / "summary.json"
    mine = ("mine", "--scenarios", str(written))
    with ExitStack() as stack:
        cell = stack.enter_context(serve("instant"))
        words = ("--rate", "20", "--arrivals", "constant", "-u", "8", "-t", "12s", "--host", cell.url, "--own-cells")
        master = stack.enter_context(
            started(*mine, *words, "--master", "--master-bind-port", port, "--summary", str(file), "--only-summary")
        )
        stack.enter_context(started(*mine, "--worker", "--master-port", port))
        await_count(cell, "requests", 5, master)
        stack.enter_context(started(*mine, "--worker", "--master-port", port))
        master.communicate(timeout=100)
    summary = json.loads(file.read_text())
    assert summary["workers"] == {"count": 1, "lost": []}
    assert any("after the start (1)" in doubt for doubt in summary["doubts"])
    assert not summary["stopped_by_ceiling"]


def test_a_worker_with_another_scenario_takes_no_part(
    serve: Serve, started: Run, port: str, written: Path, tmp_path: Path
) -> None:
    other, file = tmp_path / "other.yaml", tmp_path / "summary.json"
    other.write_text(yaml.safe_dump({"scenarios": {"mine": ROW | {"says": "something else"}}}))
    with ExitStack() as stack:
        cell = stack.enter_context(serve("instant"))
        words = ("-u", "4", "--max-requests", "20", "--jitter", "0", "-t", "60s", "--host", cell.url, "--own-cells")
        master = stack.enter_context(
            started("mine", "--scenarios", str(written), *words, "--master", "--master-bind-port", port,
                    "--expect-workers", "2", "--summary", str(file), "--only-summary")
        )  # fmt: skip
        for scenario in (written, other):
            stack.enter_context(started("mine", "--scenarios", str(scenario), "--worker", "--master-port", port))
        master.communicate(timeout=100)
    summary = json.loads(file.read_text())
    assert sum(summary["all"]["outcomes"].values()) == 10
    assert any("took no part: its scenario mine is not the master's" in doubt for doubt in summary["doubts"])
