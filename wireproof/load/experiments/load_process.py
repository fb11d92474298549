"""Starts load runs as subprocesses, because importing locust patches the sockets of a process."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wireproof.contract import data_files
from wireproof.errors import ConfigError, WireproofError
from wireproof.load import cell_servers
from wireproof.load.results.nothing_measured import reason_nothing_measured

LOCUST_PROCESS = "wireproof.load.engine.locust_process"
LOCUSTFILE = data_files.PACKAGE_FOLDER / "load" / "engine" / "locustfile.py"
# The exit code of a run that is refused for its options.
EXIT_RUN_REFUSED = 2
# The last line of these on stderr says why.
REFUSAL_PREFIXES = ("wireproof: ", "wireproof load: error: ")


@dataclass(frozen=True, slots=True)
class RunTarget:
    """The target of load runs.

    Attributes:
        hosts: base URLs.
        options: the options of `wireproof load` that select these hosts.
    """

    hosts: tuple[str, ...]
    options: tuple[str, ...]


def locust_command() -> list[str]:
    """The command that runs locust with wireproof's users.

    Raises ConfigError on a platform without `select.poll`, which the connection pool needs.
    """
    if not hasattr(select, "poll"):
        raise ConfigError("wireproof load", "this platform has no select.poll", "run it on Linux or macOS")
    # Without -P a module of the current folder could replace one of those that are imported.
    return [sys.executable, "-P", "-m", LOCUST_PROCESS, "-f", str(LOCUSTFILE)]


@contextmanager
def open_run_target(
    host: str | None, provider: str, count: int, latency: str, providers: str | None = None, script: str | None = None
) -> Iterator[RunTarget]:
    """Yields the hosts that are named; without them starts `count` local cells and stops them at the end.

    Args:
        script: a file that changes the cells' state by the clock.
    """
    options = ["--provider", provider, *(["--providers", providers] if providers else [])]
    if host:
        yield RunTarget(tuple(host.split(",")), (*options, "--host", host))
        return
    running = cell_servers.start_cells(provider, count, latency, providers, script)
    try:
        yield RunTarget(running.hosts, (*options, "--host", ",".join(running.hosts), "--own-cells"))
    finally:
        running.stop()


def run_scenario(scenario: str, options: Sequence[str]) -> dict[str, Any]:
    """Runs a scenario to its end and returns its summary.

    Raises WireproofError if the run is refused, has no summary, or measured nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.json"
        command = [*locust_command(), scenario, "--headless", "--only-summary", *options, "--summary", str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        # A run with failures or invalid figures has another exit code than 0, but has a summary.
        if file.is_file():
            summary: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            if reason := reason_nothing_measured(summary):
                raise WireproofError(reason)
            return summary
    errors = ended.stderr.strip().splitlines() or ["it did not start"]
    if ended.returncode == EXIT_RUN_REFUSED:
        starts = [at for at, line in enumerate(errors) if line.startswith(REFUSAL_PREFIXES)]
        raise WireproofError(" ".join(errors[starts[-1] if starts else -1 :]).removeprefix("wireproof: "))
    raise WireproofError(f"the load run ended with exit code {ended.returncode}: {' '.join(errors)[-500:]}")


def run_with_records(scenario: str, options: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Runs a scenario like `run_scenario`; returns its summary and the record of each request."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.jsonl"
        summary = run_scenario(scenario, [*options, "--records", str(file)])
        return summary, [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
