"""What the engine costs and how true it is, beside the raw client in the same rounds."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.asked import KEY
from benchmarks.contestants import command, ours, raw, stock
from benchmarks.figures import Rounds, alternating, note
from benchmarks.processes import ROOT, Cell, Measured, environment, pinned
from benchmarks.servers import cell, replay

USERS, LEVELS = 32, (1, 32, 128)
UNJUDGED = ("--no-judge",)


def sse(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Chunks by CPU second: streams of 64 played back, one event a write, by 32 users."""
    _throughput(rounds, seconds, found, folder, streams=True)


def plain(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Requests by CPU second: answers in one piece, by 32 users."""
    _throughput(rounds, seconds, found, folder, streams=False)


def _throughput(rounds: int, seconds: int, found: Rounds, folder: Path, *, streams: bool) -> None:
    unit = "SSE chunks / client CPU-s" if streams else "JSON requests / client CPU-s"
    contestants: dict[str, Callable[[Cell], Measured]] = {
        "raw": lambda at: raw(at, streams, USERS, seconds, fast=True),
        "ours": lambda at: ours(at, streams, USERS, seconds, UNJUDGED)[0],
        "ours, judged": lambda at: ours(at, streams, USERS, seconds)[0],
        "stock locust": lambda at: stock(at, streams, USERS, seconds),
    }
    for number in range(rounds):
        rates: dict[str, float] = {}
        for name in alternating(contestants, number):
            with replay(streams, folder) as served:
                made = contestants[name](served)
            rates[name] = (made.tokens_per_cpu_s if streams else made.answers_per_cpu_s) or 0.0
            note(found, unit, name, rates[name] or None)
            if name.startswith("ours"):
                note(found, "peak RSS, MB", f"{name}, {USERS} users", made.peak_mb)
        for name, against in (("ours", "raw"), ("ours", "stock locust"), ("ours, judged", "raw")):
            if rates[name] and rates[against]:
                note(found, unit, f"{name} / {against}", rates[name] / rates[against])


def accuracy(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Reported less true, in ms, at a first token after 50 ms and one each 10 ms; the floor is the raw client's."""
    for number in range(rounds):
        for users in LEVELS:
            errors: dict[str, dict[str, float]] = {}
            for name in alternating({"raw": None, "ours": None}, number):
                with cell("steady") as served:
                    said = _said(name, served, users, seconds, found)
                    true = served.told()["ms"]
                if said is not None:
                    errors[name] = _errors(said, true)
                note(found, "cell lateness p50, ms", f"{users} streams", true["lateness"].get("p50"))
            for name, told in errors.items():
                for kind, value in told.items():
                    note(found, f"{kind} error, ms", f"{name}, {users} users", value)
            for kind in ("TTFT p99", "gap p99"):
                mine, floor = (abs(errors.get(name, {}).get(kind, 0.0)) for name in ("ours", "raw"))
                if mine and floor:
                    note(found, f"{kind} error / floor", f"{users} users", mine / floor)


def _said(name: str, served: Cell, users: int, seconds: int, found: Rounds) -> dict[str, Any] | None:
    if name == "raw":
        said = json.loads(raw(served, True, users, seconds, fast=False).output.splitlines()[-1])
        return {"TTFT": said["ttft"], "gap": said["gap"]}
    made, summary = ours(served, True, users, seconds)
    if not summary or not summary["requests"]:  # a machine this busy has answered nobody within the time
        return None
    metrics = next(iter(summary["requests"].values()))["metrics"]
    note(found, "peak RSS, MB", f"ours, {users} users, steady", made.peak_mb)
    note(found, "marked invalid", f"ours, {users} users", float(not summary["valid"]))
    return {"TTFT": metrics.get("TTFT ms", {}), "gap": metrics.get("gap ms", {})}


def _errors(said: dict[str, Any], true: dict[str, Any]) -> dict[str, float]:
    pairs = {"TTFT": "ttft", "gap": "gap"}
    shares = [(kind, name, share) for kind, name in pairs.items() for share in ("p50", "p99")]
    known = [(kind, share, said[kind].get(share), true[name].get(share)) for kind, name, share in shares]
    return {f"{kind} {share}": a - b for kind, share, a, b in known if a is not None and b is not None}


def start(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """From the start of the process to the first request that a running server hears, and from the end to the exit."""
    for _ in range(rounds):
        with replay(False, folder) as served, tempfile.TemporaryDirectory() as into:
            words = command(served, False, 1, 1, Path(into) / "summary.json", ("--jitter", "0"))
            began = time.perf_counter()
            process = subprocess.Popen(
                pinned(1, words), cwd=ROOT, env=environment({"OPENAI_API_KEY": KEY}), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            while process.poll() is None and not served.told()["counts"].get("requests"):
                time.sleep(0.005)
            note(found, "start to first request, s", "ours, 1 user", time.perf_counter() - began)
            process.wait()
            note(found, "whole run of 1 s, s", "ours, 1 user", time.perf_counter() - began)


def memory(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """What a stream leaves behind: resident memory at the end of a long run less that in its middle."""
    for _ in range(min(rounds, 3)):
        with replay(True, folder) as served:
            made, _ = ours(served, True, 128, seconds * 4)
        # The sketch has its buckets and the interpreter its free lists by the middle.
        late = [one for one in made.samples if one[1] >= made.samples[-1][1] * 0.4]
        answers, grown_kb = late[-1][1] - late[0][1], (late[-2][5] - late[0][5]) * 1024
        if answers:
            note(found, "kB grown / stream", f"ours, over {shown_thousands(answers)} streams", grown_kb / answers)
        note(found, "peak RSS, MB", "ours, 128 users, no delay", made.peak_mb)


def shown_thousands(number: float) -> str:
    return f"some {round(number, -3) / 1000:.0f},000" if number >= 1000 else "some hundreds of"
