"""The main job and the proof: what judging all contracts on the bundled mock takes.

CPU seconds are those of every process, the mock's among them, so that a busy machine disturbs them least. The control
of the main job is the same collection with nothing sent and nothing judged, which is mostly pytest's own share.
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
    """Run the main job and its control in turns, and print wall and CPU seconds of the best round of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks main-job")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--profile", default="full")
    given = parser.parse_args(arguments)
    whole, control = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            whole.append(measured(*PYTEST, "--profile", given.profile, f"--report-dir={folder}"))
            control.append(measured(*PYTEST, "--profile", given.profile, "--collect-only"))
        report = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    facts = {"requests": report["requests"], "verdicts": len(report["verdicts"]), "cores": os.cpu_count()}
    print(json.dumps({**facts, "main_job": best(whole), "collect_only": best(control)}, indent=1))
    return 0


def prove(arguments: Sequence[str]) -> int:
    """Run the proof once, whole or as far as it takes, and print wall and CPU seconds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks prove")
    parser.add_argument("--whole", action="store_true")
    how = ("--whole",) if parser.parse_args(arguments).whole else ()
    print(json.dumps({"cores": os.cpu_count(), "prove": best([measured("wireproof", "prove", *how)])}, indent=1))
    return 0


def best(rounds: Sequence[tuple[float, float]]) -> dict[str, float]:
    """The least of each figure."""
    walls, cpus = zip(*rounds, strict=True)
    return {"wall_s": min(walls), "cpu_s": min(cpus)}


def measured(*module: str) -> tuple[float, float]:
    """Wall and CPU seconds of one run of a module, what it starts included."""
    before, started = _cpu(), time.perf_counter()
    subprocess.run([sys.executable, "-m", *module], stdout=subprocess.DEVNULL, check=True)
    return round(time.perf_counter() - started, 2), round(_cpu() - before, 2)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
