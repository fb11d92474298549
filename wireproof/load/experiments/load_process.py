"""Load runs in processes of their own: locust patches sockets, so no process of ours holds one."""

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

LOCUSTFILE = data_files.PACKAGE_FOLDER / "load" / "engine" / "locustfile.py"
# A run is refused for what is wrong with its options.
EXIT_RUN_REFUSED = 2


@dataclass(frozen=True, slots=True)
class RunTarget:
    """Whom load runs ask, and the options that say so."""

    hosts: tuple[str, ...]
    options: tuple[str, ...]


def locust_command() -> list[str]:
    """The command that runs locust with our users.

    Raises ConfigError on a platform where they cannot keep connections.
    """
    if not hasattr(select, "poll"):
        raise ConfigError("wireproof load", "this platform has no select.poll", "run it on Linux or macOS")
    beside = Path(sys.executable).parent / "locust"
    start = [str(beside)] if beside.is_file() else [sys.executable, "-m", "locust"]
    return [*start, "-f", str(LOCUSTFILE)]


@contextmanager
def open_run_target(
    host: str | None, provider: str, count: int, latency: str, providers: str | None = None, script: str | None = None
) -> Iterator[RunTarget]:
    """The hosts that were named, or cells of our own, with the script of their lives, for as long as it takes."""
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
    """Run a scenario to its end, and give its summary.

    Raises ConfigError where the run is refused, WireproofError where nothing came of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.json"
        command = [*locust_command(), scenario, "--headless", "--only-summary", *options, "--summary", str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        # A run with failures, or with figures in doubt, ends by a code of its own and has figures all the same.
        if file.is_file():
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return found
    told = ended.stderr.strip().splitlines() or ["it did not start"]
    if ended.returncode == EXIT_RUN_REFUSED:
        raise ConfigError("wireproof load", told[-1], "mend the option")
    raise WireproofError(f"the load run ended with code {ended.returncode}: {' '.join(told)[-500:]}")


def run_with_records(scenario: str, options: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The same, with a record for each request."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.jsonl"
        found = run_scenario(scenario, [*options, "--records", str(file)])
        return found, [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
