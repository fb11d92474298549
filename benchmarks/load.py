"""Speed and accuracy of the load engine and of the cell, each compared with a control in the same round."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import cell_alone, engine, worker
from benchmarks.figures import read_parts, table, write_parts

PARTS = {
    "sse": engine.sse,
    "json": engine.plain,
    "accuracy": engine.accuracy,
    "start": engine.start,
    "memory": engine.memory,
    "worker": worker.worker,
    "server": cell_alone.server,
    "crowd": cell_alone.crowd,
    "drift": cell_alone.drift,
}
GOALS = {
    ("SSE chunks / client CPU-s", "ours"): "≥ 150,000",
    ("SSE chunks / client CPU-s", "ours / raw"): "≥ 0.5",
    ("SSE chunks / client CPU-s", "ours, judged"): "≥ 75,000",
    ("JSON requests / client CPU-s", "ours"): "≥ 9,200",
    ("peak RSS, MB", "ours, 128 users, steady"): "≤ 80",
    ("peak RSS, MB", "ours, 128 users, no delay"): "≤ 80",
    ("TTFT p99 error / floor", "32 users"): "≤ 2.5",
    ("TTFT p99 error / floor", "128 users"): "≤ 3",
    ("gap p99 error / floor", "32 users"): "≤ 1.5",
    ("gap p99 error / floor", "128 users"): "≤ 1.5",
    ("start to first request, s", "ours, 1 user"): "≤ 0.8",
    ("JSON requests / server CPU-s", "cell / nginx"): "≥ 0.5",
    ("SSE events / server CPU-s", "cell / uvicorn"): "≥ 5",
    ("cell, 500 streams x 10 ms", "share of a core"): "≤ 0.55",
    ("cell, one stream", "drift over 2 s, ms"): "≤ 1",
    ("cell, one stream", "a closed connection noticed after, ms"): "≤ 10",
} | {("TTFT p50 error, ms", f"ours, {users} users"): "≤ 1.0" for users in engine.LEVELS}


def main(arguments: Sequence[str]) -> int:
    """Runs the chosen parts and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each part (default: 5)")
    parser.add_argument("--seconds", type=int, default=4, help="duration of each run in seconds (default: 4)")
    parser.add_argument("--only", action="append", choices=PARTS, help="run only this part (repeatable; default: all)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write finished parts to FILE and resume from it")
    options = parser.parse_args(arguments)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    done = read_parts(options.keep)
    chosen = options.only or [name for name in PARTS if name not in done]
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            done[name] = {}
            PARTS[name](options.rounds, options.seconds, done[name], Path(folder))
            write_parts(options.keep, machine, done)
    print(
        f"{machine}; load average {os.getloadavg()[0]:.1f} at the end; {options.rounds} rounds of {options.seconds} s"
    )
    print(f"\n{table({name: done[name] for name in PARTS if name in done}, GOALS)}")
    return 0
