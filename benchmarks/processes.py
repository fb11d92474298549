"""Processes under measurement: pinned to a core, their CPU seconds and memory read from psutil."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from wireproof.load.cell_servers import cell_control_url

ROOT = Path(__file__).parents[1]
SAMPLE_S = 0.15


def pinned(core: int | None, command: Sequence[str]) -> list[str]:
    """A command held to one core, where there is more than one."""
    if core is None or (os.cpu_count() or 1) < 2:
        return list(command)
    program = f"import os,sys; os.sched_setaffinity(0,{{{core}}}); os.execv(sys.argv[1],sys.argv[1:])"
    return [sys.executable, "-c", program, *command]


def environment(more: dict[str, str]) -> dict[str, str]:
    """The environment of a client: this one, without what locust would take for options."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")} | more


def cpu_s(process: psutil.Process) -> float:
    """User and system seconds of a process and its children."""
    total = 0.0
    for one in _tree(process):
        with contextlib.suppress(psutil.Error):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def rss_mb(process: psutil.Process) -> float:
    total = 0
    for one in _tree(process):
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total / 2**20


def _tree(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return []


@dataclass
class Cell:
    """A cell of ours on a core of its own."""

    process: psutil.Process
    url: str

    def told(self, *, reset: bool = False) -> dict[str, Any]:
        """What the cell really did; with `reset` it forgets that afterwards."""
        request = urllib.request.Request(cell_control_url(self.url), data=b'{"reset": true}' if reset else None)
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def work(self) -> tuple[int, int]:
        """Answers, and tokens that left in streams."""
        told = self.told()
        sent = sum(told["ms"].get(kind, {"n": 0})["n"] for kind in ("ttft", "gap"))
        return told["counts"].get("answers", 0), sent


@dataclass
class Measured:
    """One run of a client: its rate of work by its own CPU, and what it printed."""

    output: str
    wall_s: float
    first_s: float | None
    peak_mb: float
    answers_per_cpu_s: float | None
    tokens_per_cpu_s: float | None
    server_tokens_per_cpu_s: float | None
    server_answers_per_cpu_s: float | None
    kb_per_answer: float | None
    samples: list[tuple[float, ...]] = field(default_factory=list, repr=False)


def measure(
    command: Sequence[str], served: Cell, core: int | None = 1, env: dict[str, str] | None = None, *, asks: bool = True
) -> Measured:
    """Run a client against a cell to its end; rates are those of the middle of the run.

    Args:
        asks: the cell is asked all the while how far it is; there are no rates where that would disturb it.
    """
    served.told(reset=True)
    began = time.perf_counter()
    process = psutil.Popen(
        pinned(core, command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=environment(env or {}),
    )  # fmt: skip
    samples: list[tuple[float, ...]] = []
    first_s, peak = None, 0.0
    while process.poll() is None:
        now = time.perf_counter() - began
        told = served.told() if asks else {"counts": {}, "ms": {}}
        if first_s is None and told["counts"].get("requests", 0):
            first_s = now
        sent = sum(told["ms"].get(kind, {"n": 0})["n"] for kind in ("ttft", "gap"))
        memory = rss_mb(process)
        peak = max(peak, memory)
        samples.append(
            (now, told["counts"].get("answers", 0), sent, cpu_s(process), cpu_s(served.process), memory)
        )  # fmt: skip
        time.sleep(SAMPLE_S if first_s is not None or not asks else 0.01)
    output = process.stdout.read() if process.stdout else ""
    return Measured(output, time.perf_counter() - began, first_s, peak, *_rates(samples), samples)


def _rates(samples: list[tuple[float, ...]]) -> tuple[float | None, ...]:
    """Work by CPU second between a tenth and nineteen twentieths of all answers."""
    most = samples[-1][1] if samples else 0
    middle = [one for one in samples if 0.1 * most <= one[1] <= 0.95 * most]
    if len(middle) < 2:  # a machine this busy lets few looks through
        middle = [one for one in samples if one[1]]
    if len(middle) < 2 or not most:
        return (None,) * 5
    first, last = middle[0], middle[-1]
    answers, tokens, client, server = (last[place] - first[place] for place in range(1, 5))
    if not client or not server or not answers:
        return (None,) * 5
    grown = (last[5] - first[5]) * 1024 / answers
    return answers / client, tokens / client, tokens / server, answers / server, grown
