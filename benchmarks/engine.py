"""Cost and accuracy of the load engine, compared with the raw client in the same rounds."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.chat_request import KEY
from benchmarks.contestants import command, ours, raw, stock
from benchmarks.figures import Rounds, alternating, note
from benchmarks.processes import ROOT, Cell, Measured, environment, pinned
from benchmarks.servers import cell, replay

USERS, LEVELS = 32, (1, 32, 128)
UNJUDGED = ("--no-judge",)


def sse(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Chunks per CPU second: 32 users, played-back streams of 64 tokens, one event per write."""
    _throughput(rounds, seconds, found, folder, streams=True)


def plain(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Requests per CPU second: 32 users, plain answers."""
    _throughput(rounds, seconds, found, folder, streams=False)


def _throughput(rounds: int, seconds: int, found: Rounds, folder: Path, *, streams: bool) -> None:
    unit = "SSE chunks / client CPU-s" if streams else "JSON requests / client CPU-s"
    contestants: dict[str, Callable[[Cell], Measured]] = {
        "raw": lambda served: raw(served, streams, USERS, seconds, fast=True),
        "ours": lambda served: ours(served, streams, USERS, seconds, UNJUDGED)[0],
        "ours, judged": lambda served: ours(served, streams, USERS, seconds)[0],
        "stock locust": lambda served: stock(served, streams, USERS, seconds),
    }
    for number in range(rounds):
        rates: dict[str, float] = {}
        for name in alternating(contestants, number):
            with replay(streams, folder) as served:
                run = contestants[name](served)
            rates[name] = (run.tokens_per_cpu_s if streams else run.answers_per_cpu_s) or 0.0
            note(found, unit, name, rates[name] or None)
            if name.startswith("ours"):
                note(found, "peak RSS, MB", f"{name}, {USERS} users", run.peak_mb)
        for name, against in (("ours", "raw"), ("ours", "stock locust"), ("ours, judged", "raw")):
            if rates[name] and rates[against]:
                note(found, unit, f"{name} / {against}", rates[name] / rates[against])


def accuracy(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Reported minus actual times in ms, with a first token after 50 ms and one every 10 ms.

    The floor is the error of the raw client.
    """
    for number in range(rounds):
        for users in LEVELS:
            errors: dict[str, dict[str, float]] = {}
            for name in alternating({"raw": None, "ours": None}, number):
                with cell("steady") as served:
                    reported = _reported_times(name, served, users, seconds, found)
                    actual = served.read_state()["ms"]
                if reported is not None:
                    errors[name] = _errors(reported, actual)
                note(found, "cell lateness p50, ms", f"{users} streams", actual["lateness"].get("p50"))
            for name, by_kind in errors.items():
                for kind, value in by_kind.items():
                    note(found, f"{kind} error, ms", f"{name}, {users} users", value)
            for kind in ("TTFT p99", "gap p99"):
                error, floor = (abs(errors.get(name, {}).get(kind, 0.0)) for name in ("ours", "raw"))
                if error and floor:
                    note(found, f"{kind} error / floor", f"{users} users", error / floor)


def _reported_times(name: str, served: Cell, users: int, seconds: int, found: Rounds) -> dict[str, Any] | None:
    if name == "raw":
        times = json.loads(raw(served, True, users, seconds, fast=False).output.splitlines()[-1])
        return {"TTFT": times["ttft"], "gap": times["gap"]}
    run, summary = ours(served, True, users, seconds)
    if not summary or not summary["requests"]:  # on a busy machine no request may end within the time
        return None
    metrics = next(iter(summary["requests"].values()))["metrics"]
    note(found, "peak RSS, MB", f"ours, {users} users, steady", run.peak_mb)
    note(found, "marked invalid", f"ours, {users} users", float(not summary["valid"]))
    return {"TTFT": metrics.get("TTFT ms", {}), "gap": metrics.get("ITL ms", {})}


def _errors(reported: dict[str, Any], actual: dict[str, Any]) -> dict[str, float]:
    pairs = {"TTFT": "ttft", "gap": "gap"}
    rows = [
        (f"{kind} {percentile}", reported[kind].get(percentile), actual[name].get(percentile))
        for kind, name in pairs.items()
        for percentile in ("p50", "p99")
    ]
    return {name: a - b for name, a, b in rows if a is not None and b is not None}


def start(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Seconds from the start of the process to the first request at a running server, and to the exit."""
    for _ in range(rounds):
        with replay(False, folder) as served, tempfile.TemporaryDirectory() as into:
            words = command(served, False, 1, 1, Path(into) / "summary.json", ("--jitter", "0"))
            began = time.perf_counter()
            process = subprocess.Popen(
                pinned(1, words), cwd=ROOT, env=environment({"OPENAI_API_KEY": KEY}), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            while process.poll() is None and not served.read_state()["counts"].get("requests"):
                time.sleep(0.005)
            note(found, "start to first request, s", "ours, 1 user", time.perf_counter() - began)
            process.wait()
            note(found, "whole run of 1 s, s", "ours, 1 user", time.perf_counter() - began)


def memory(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Memory growth per stream: resident memory at the end of a long run minus that in its middle."""
    for _ in range(min(rounds, 3)):
        with replay(True, folder) as served:
            run, _ = ours(served, True, 128, seconds * 4)
        # The buckets of the sketches and the interpreter's free lists are allocated by the middle.
        late = [sample for sample in run.samples if sample[1] >= run.samples[-1][1] * 0.4]
        answers, grown_kb = late[-1][1] - late[0][1], (late[-2][5] - late[0][5]) * 1024
        if answers:
            note(found, "kB grown / stream", f"ours, over {thousands_text(answers)} streams", grown_kb / answers)
        note(found, "peak RSS, MB", "ours, 128 users, no delay", run.peak_mb)


def thousands_text(number: float) -> str:
    return f"some {round(number, -3) / 1000:.0f},000" if number >= 1000 else "some hundreds of"
