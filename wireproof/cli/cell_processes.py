"""Cells for a load run: their latency by name, their script, and as many processes as are asked for."""

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
from wireproof.formats.yaml_file import read_yaml

CELLS_FILE = "load/cells.yaml"


def read_latency(name: str) -> Mapping[str, Any]:
    """The latency of a kind of cell; ConfigError lists the known ones."""
    data = read_yaml(data_files.root() / CELLS_FILE, CELLS_FILE)
    schemas.check_format(data, "cells", CELLS_FILE)
    known: Mapping[str, Any] = data["cells"]
    if name not in known:
        raise ConfigError(f"--latency {name}", "no such kind of cell", f"choose one of {', '.join(known)}")
    found: Mapping[str, Any] = known[name]
    return found


def read_script(file: Path) -> list[Mapping[str, Any]]:
    """The turns that a script tells; ConfigError where it does not read."""
    data: list[Mapping[str, Any]] = read_yaml(file)
    schemas.check_format(data, "script", str(file))
    return data


def without_limits(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A provider whose keys may do as much as they like: a cell's own limit is the one that is measured."""
    free = {"per_minute": None, "per_month": None, "credits": None}
    tiers = {name: {**tier, **free} for name, tier in entry["rate"]["tiers"].items()}
    catalogue = [{**row, "tokens_per_day": {}} for row in entry["models"]["catalogue"]]
    return {
        **entry,
        "rate": {**entry["rate"], "tiers": tiers},
        "models": {**entry["models"], "catalogue": catalogue},
    }


def run_cells(arguments: Sequence[str], count: int, port: int, announce: Any) -> int:
    """Serve with that many processes, each on a port of its own, until a signal ends them all."""
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
    # A group of its own: a signal from the keyboard reaches it through its parent alone.
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdout=pipe, stdin=none, text=True, start_new_session=True)


def _read_announcement(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise WireproofError(f"a cell did not start (exit code {child.wait()})")
    return json.loads(line)
