"""The main job and the proof: the time to judge all contracts on the mock.

CPU seconds include all processes, also the mock, as they depend least on the load of the machine. The control of the
main job is the collection alone, without sending and judging; most of it is pytest's own share.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 3
PYTEST = ("pytest", "-q")


def main(arguments: Sequence[str]) -> int:
    """Runs the main job and its control alternately, and prints the best wall and CPU seconds of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks main-job")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"number of rounds (default: {ROUNDS})")
    parser.add_argument("--profile", default="full", help="profile of the checks (default: full)")
    options = parser.parse_args(arguments)
    whole, control = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            whole.append(run_module(*PYTEST, "--profile", options.profile, f"--report-dir={folder}"))
            control.append(run_module(*PYTEST, "--profile", options.profile, "--collect-only"))
        report = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    facts = {"requests": report["requests"], "verdicts": len(report["verdicts"]), "cores": os.cpu_count()}
    print(json.dumps({**facts, "main_job": best(whole), "collect_only": best(control)}, indent=1))
    return 0


def prove(arguments: Sequence[str]) -> int:
    """Runs the proof once, in full with --whole, and prints wall and CPU seconds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks prove")
    parser.add_argument("--whole", action="store_true", help="run every fault on every case")
    words = ("--whole",) if parser.parse_args(arguments).whole else ()
    print(json.dumps({"cores": os.cpu_count(), "prove": best([run_module("wireproof", "prove", *words)])}, indent=1))
    return 0


def best(rounds: Sequence[tuple[float, float]]) -> dict[str, float]:
    """The least wall and CPU seconds of all rounds."""
    walls, cpus = zip(*rounds, strict=True)
    return {"wall_s": min(walls), "cpu_s": min(cpus)}


def run_module(*command: str) -> tuple[float, float]:
    """Runs a Python module; returns its wall and CPU seconds, with those of its subprocesses."""
    before, started = _cpu_s(), time.perf_counter()
    subprocess.run([sys.executable, "-m", *command], stdout=subprocess.DEVNULL, check=True)
    return round(time.perf_counter() - started, 2), round(_cpu_s() - before, 2)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
