"""Cells for load runs: reads their latency profiles and outage scripts, and runs them as processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wireproof.contract import data_files, schemas
from wireproof.errors import ConfigError, WireproofError
from wireproof.formats.near_miss import did_you_mean
from wireproof.formats.yaml_file import read_yaml

CELLS_FILE = "load/cells.yaml"
MANY_TOKENS = 1_000_000_000


def read_latency(name: str) -> Mapping[str, Any]:
    """The latency profile of this name in load/cells.yaml; raises ConfigError, which lists the names."""
    data = read_yaml(data_files.root() / CELLS_FILE, CELLS_FILE)
    schemas.check_format(data, "cells", CELLS_FILE)
    profiles: Mapping[str, Mapping[str, Any]] = data["cells"]
    if name not in profiles:
        remedy = did_you_mean(name, profiles, f"choose one of {', '.join(profiles)}")
        raise ConfigError(f"--latency {name}", "no such latency profile", remedy)
    return profiles[name]


def read_script(file: Path) -> list[Mapping[str, Any]]:
    """The changes of an outage script; raises ConfigError if the script is invalid."""
    data: list[Mapping[str, Any]] = read_yaml(file)
    schemas.check_format(data, "script", str(file))
    return data


def without_limits(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of providers.yaml without the limits of its tiers, so that at most the limit of a cell applies."""
    unlimited = {"per_minute": None, "per_month": None, "credits": None}
    # A tier that counts tokens goes on to show them in its headers.
    tiers = {
        name: {**tier, **unlimited, **({"tokens_per_minute": MANY_TOKENS} if "tokens_per_minute" in tier else {})}
        for name, tier in entry["rate"]["tiers"].items()
    }
    catalogue = [{**row, "tokens_per_day": {}} for row in entry["models"]["catalogue"]]
    return {
        **entry,
        "rate": {**entry["rate"], "tiers": tiers},
        "models": {**entry["models"], "catalogue": catalogue},
    }


def run_cells(arguments: Sequence[str], count: int, port: int, announce: Any) -> int:
    """Serves with `count` processes, each on its own port, until a signal ends them; returns the exit code."""
    children = [_start_child(arguments, number, port + number if port else 0) for number in range(count)]

    def end(*_: Any) -> None:
        for child in children:
            child.terminate()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)
    try:
        announce([_read_announcement(child) for child in children])
        return max(child.wait() for child in children)
    finally:
        end()


def _start_child(arguments: Sequence[str], number: int, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wireproof", "serve", *arguments]
    command += ["--cell", str(number), "--port", str(port), "--json"]
    # A session of its own, so that a signal from the keyboard reaches it only through its parent.
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdout=pipe, stdin=none, text=True, start_new_session=True)


def _read_announcement(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise WireproofError(f"a cell did not start (exit code {child.wait()})")
    return json.loads(line)
