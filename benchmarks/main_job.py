"""The main job: all contracts judged on the bundled mock, and where its time goes.

Control: the same collection with nothing sent and nothing judged, which is pytest's own share.
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

ROUNDS = 3


def main(arguments: Sequence[str]) -> int:
    """Run the main job and its control, and print wall and CPU seconds as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks main-job")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory() as folder:
        whole = [measured(f"--report-dir={folder}") for _ in range(rounds)]
        control = [measured("--collect-only") for _ in range(rounds)]
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
    facts = {"requests": report["requests"], "verdicts": len(report["verdicts"]), "cores": os.cpu_count()}
    print(json.dumps({**facts, "main_job": min(whole), "collect_only": min(control)}, indent=1))
    return 0


def measured(*options: str) -> tuple[float, float]:
    """Wall seconds and user CPU seconds of one run, its mock included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    subprocess.run([sys.executable, "-m", "pytest", "-q", *options], stdout=subprocess.DEVNULL, check=True)
    wall = time.perf_counter() - started
    return round(wall, 2), round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, 2)
