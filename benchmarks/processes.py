"""Measured processes, pinned to a core; CPU seconds and memory are read by psutil."""

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
    """A command that runs pinned to one core, if the machine has several."""
    if core is None or (os.cpu_count() or 1) < 2:
        return list(command)
    program = f"import os,sys; os.sched_setaffinity(0,{{{core}}}); os.execv(sys.argv[1],sys.argv[1:])"
    return [sys.executable, "-c", program, *command]


def environment(more: dict[str, str]) -> dict[str, str]:
    """The environment of a client: that of this process without locust's variables."""
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
    """A running cell."""

    process: psutil.Process
    url: str

    def read_state(self, *, reset: bool = False) -> dict[str, Any]:
        """Returns the cell's state with its counts and measured times; `reset` clears them afterwards."""
        request = urllib.request.Request(cell_control_url(self.url), data=b'{"reset": true}' if reset else None)
        with urllib.request.urlopen(request, timeout=20) as answer:
            state: dict[str, Any] = json.loads(answer.read())
        return state


@dataclass
class Measured:
    """One measured run of a client.

    Attributes:
        output: the client's stdout.
        wall_s: duration in seconds.
        first_s: seconds until the server received the first request; None without one.
        peak_mb: peak resident memory in MB.
        answers_per_cpu_s, tokens_per_cpu_s: answers and streamed tokens per CPU second of the client.
        server_tokens_per_cpu_s, server_answers_per_cpu_s: the same per CPU second of the server.
        kb_per_answer: growth of the client's memory in kB for each answer.
        samples: rows of seconds, answers, tokens, CPU seconds of client and server, and MB of the client.
    """

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
    """Runs a client against a cell to its end; rates are measured in the middle of the run.

    Args:
        asks: polls the cell's state during the run. Without it there are no rates, and the cell is not disturbed.
    """
    served.read_state(reset=True)
    began = time.perf_counter()
    process = psutil.Popen(
        pinned(core, command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=environment(env or {}),
    )  # fmt: skip
    samples: list[tuple[float, ...]] = []
    first_s, peak = None, 0.0
    while process.poll() is None:
        now = time.perf_counter() - began
        state = served.read_state() if asks else {"counts": {}, "ms": {}}
        if first_s is None and state["counts"].get("requests", 0):
            first_s = now
        tokens = sum(state["ms"].get(kind, {"n": 0})["n"] for kind in ("ttft", "gap"))
        memory = rss_mb(process)
        peak = max(peak, memory)
        samples.append(
            (now, state["counts"].get("answers", 0), tokens, cpu_s(process), cpu_s(served.process), memory)
        )  # fmt: skip
        time.sleep(SAMPLE_S if first_s is not None or not asks else 0.01)
    output = process.stdout.read() if process.stdout else ""
    return Measured(output, time.perf_counter() - began, first_s, peak, *_rates(samples), samples)


def _rates(samples: list[tuple[float, ...]]) -> tuple[float | None, ...]:
    """Work per CPU second between 10 % and 95 % of all answers; the last five fields of `Measured` before samples."""
    total = samples[-1][1] if samples else 0
    middle = [sample for sample in samples if 0.1 * total <= sample[1] <= 0.95 * total]
    if len(middle) < 2:  # a busy machine gives few samples
        middle = [sample for sample in samples if sample[1]]
    if len(middle) < 2 or not total:
        return (None,) * 5
    first, last = middle[0], middle[-1]
    answers, tokens, client, server = (last[place] - first[place] for place in range(1, 5))
    if not client or not server or not answers:
        return (None,) * 5
    grown = (last[5] - first[5]) * 1024 / answers
    return answers / client, tokens / client, tokens / server, answers / server, grown
