"""The load engine's speed and accuracy, and its cell's, beside a raw asyncio client and stock locust."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.processes import Cell, Measured, cell, measure

USERS, LEVELS = 32, (1, 32, 128)
PROMPT = "Count from 1 to 100, separated by commas."
BIN = Path(sys.executable).parent

Rounds = dict[str, dict[str, list[float]]]


def body(streams: bool) -> str:
    asked: dict[str, Any] = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": PROMPT}]}
    asked |= {"temperature": 0, "max_completion_tokens": 64}
    return json.dumps(asked | ({"stream": True, "stream_options": {"include_usage": True}} if streams else {}))


def raw(served: Cell, streams: bool, users: int, seconds: int, *, fast: bool) -> Measured:
    place, sent = urlsplit(served.url), body(streams)
    wire = (
        f"POST {place.path}/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer sk-mock-standard"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n{sent}"
    )
    given = {"host": place.hostname, "port": place.port, "wire": wire, "connections": users, "seconds": seconds}
    command = [sys.executable, "-m", "benchmarks.raw_client", json.dumps({**given, "streams": streams, "uvloop": fast})]
    return measure(command, served)


def ours(served: Cell, streams: bool, users: int, seconds: int, *more: str) -> tuple[Measured, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.json"
        command = [str(BIN / "locust"), "-f", "load/locustfile.py", "Stream" if streams else "Chat", "--headless"]
        command += ["-u", str(users), "-t", f"{seconds}s", "--host", served.url, "--only-summary"]
        command += ["--model", "gpt-4.1-mini", "--jitter", "0.7", "--summary", str(file), *more]
        measured = measure(command, served, env={"OPENAI_API_KEY": "sk-mock-standard"})
        return measured, json.loads(file.read_text(encoding="utf-8"))


def stock(served: Cell, streams: bool, users: int, seconds: int) -> Measured:
    place = urlsplit(served.url)
    headers = {"Authorization": "Bearer sk-mock-standard", "Content-Type": "application/json"}
    given = {"streams": streams, "path": f"{place.path}/chat/completions", "body": body(streams), "headers": headers}
    command = [str(BIN / "locust"), "-f", "benchmarks/stock_locustfile.py", "--headless", "--only-summary"]
    command += ["-u", str(users), "-r", "100", "-t", f"{seconds}s", "--host", f"http://{place.netloc}"]
    return measure(command, served, env={"STOCK": json.dumps(given)})


def throughput(rounds: int, seconds: int, found: Rounds) -> None:
    """Work by CPU second without delay: chunks of streams, and plain requests."""
    for number in range(rounds):
        for streams, unit in ((True, "chunks"), (False, "requests")):
            contestants: dict[str, Callable[[Cell], Measured]] = {
                "raw": lambda at, s=streams: raw(at, s, USERS, seconds, fast=True),
                "ours": lambda at, s=streams: ours(at, s, USERS, seconds)[0],
                "stock": lambda at, s=streams: stock(at, s, USERS, seconds),
            }
            rates: dict[str, float] = {}
            for name in _alternating(contestants, number):
                with cell("brisk" if streams else "instant") as served:
                    made = contestants[name](served)
                rate = made.tokens_per_cpu_s if streams else made.answers_per_cpu_s
                note(found, f"{unit} / CPU-s", name, rate)
                rates[name] = rate or 0.0
                if name == "raw":
                    server = made.server_tokens_per_cpu_s if streams else made.server_answers_per_cpu_s
                    note(found, f"{unit} / CPU-s", "cell (server side)", server)
                if name == "ours":
                    note(found, "peak RSS, MB", f"ours, {USERS} users, no delay, {unit}", made.peak_mb)
                    note(found, "kB grown / answer", f"ours, {unit}", made.kb_per_answer)
            for against in ("raw", "stock"):
                if rates["ours"] and rates[against]:
                    note(found, "ratio", f"{unit}: ours / {against}", rates["ours"] / rates[against])


def accuracy(rounds: int, seconds: int, found: Rounds) -> None:
    """Reported less true, in milliseconds, at a first token after 50 ms and one each 10 ms."""
    for number in range(rounds):
        for users in LEVELS:
            for name in _alternating({"raw": None, "ours": None}, number):
                with cell("steady") as served:
                    if name == "raw":
                        made = raw(served, True, users, seconds, fast=False)
                        said = json.loads(made.output.splitlines()[-1])
                        mine = {"ttft": said["ttft"], "gap": said["gap"]}
                    else:
                        made, summary = ours(served, True, users, seconds)
                        asked = next(iter(summary["requests"].values()), None)
                        if asked is None:  # a machine this busy has answered nobody within the time
                            continue
                        metrics = asked["metrics"]
                        mine = {"ttft": metrics["TTFT ms"], "gap": metrics["gap ms"]}
                        note(found, "peak RSS, MB", f"ours, {users} users, steady", made.peak_mb)
                        note(found, "kB grown / answer", f"ours, {users} users, steady", made.kb_per_answer)
                        note(found, "start to first request, s", f"ours, {users} users", made.first_s)
                        note(found, "marked invalid", f"ours, {users} users", float(not summary["valid"]))
                    true = served.told()["ms"]
                for kind in ("ttft", "gap"):
                    for share in ("p50", "p99"):
                        a, b = mine[kind].get(share), true[kind].get(share)
                        if a is not None and b is not None:
                            note(found, f"{kind} error, ms", f"{name}, {users} users, {share}", a - b)
                note(found, "cell lateness p50, ms", f"{users} streams", true["lateness"]["p50"])


def crowd(rounds: int, seconds: int, found: Rounds) -> None:
    """The cell alone: 500 streams of one token each 10 ms, by a raw client."""
    for _ in range(rounds):
        with cell("steady") as served:
            made = raw(served, True, 500, seconds, fast=True)
            told = served.told()["ms"]
        middle = [one for one in made.samples if one[0] > 2.0][:-2]
        if len(middle) > 1:
            first, last = middle[0], middle[-1]
            note(found, "cell, 500 streams x 10 ms", "share of a core", (last[4] - first[4]) / (last[0] - first[0]))
            note(found, "cell, 500 streams x 10 ms", "tokens / s", (last[2] - first[2]) / (last[0] - first[0]))
        note(found, "cell, 500 streams x 10 ms", "lateness p50, ms", told["lateness"]["p50"])
        note(found, "cell, 500 streams x 10 ms", "lateness p99, ms", told["lateness"]["p99"])


def note(found: Rounds, group: str, name: str, value: float | None) -> None:
    if value is not None:
        found[group][name].append(value)
        print(f"  {group:<28} {name:<40} {value:12.3f}", file=sys.stderr, flush=True)


def _alternating(contestants: dict[str, Any], number: int) -> list[str]:
    """The order of one round: each begins in turn."""
    names = list(contestants)
    return names[number % len(names) :] + names[: number % len(names)]


def table(found: Rounds) -> str:
    """Medians with their quartiles."""
    lines = ["| what | who | median | quartiles | n |", "| --- | --- | ---: | --- | ---: |"]
    for group, rows in found.items():
        for name, values in rows.items():
            low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
            middle = statistics.median(values)
            lines.append(f"| {group} | {name} | {middle:,.3f} | {low:,.3f} to {high:,.3f} | {len(values)} |")
    return "\n".join(lines)


PARTS = {"throughput": throughput, "accuracy": accuracy, "crowd": crowd}


def main(given: Sequence[str]) -> int:
    """Run the parts that are asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6, help="of each run")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part (repeatable)")
    parser.add_argument("--write", type=Path, help="write the figures of every round as JSON")
    options = parser.parse_args(given)
    found: Rounds = defaultdict(lambda: defaultdict(list))
    before = os.getloadavg()
    for name in options.part or PARTS:
        PARTS[name](options.rounds, options.seconds, found)
    machine = (
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    load = f"load average {before[0]:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{machine}; {load}; {options.rounds} rounds of {options.seconds:g} s\n\n{table(found)}")
    if options.write:
        options.write.write_text(json.dumps({"machine": machine, "load": load, "rounds": found}, indent=1))
    return 0
