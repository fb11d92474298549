"""Runs the reference server as a subprocess on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from wireproof.errors import WireproofError

# Long enough for a client to read the events of a stream one by one.
STREAM_GAP_S = "0.004"


AddressLookup = Callable[[], Mapping[str, str]]


@contextmanager
def run_mock(providers_file: Path | None = None) -> Iterator[Mapping[str, str]]:
    """Runs the mock with control enabled and ends it afterwards; yields provider → base URL."""
    with start_mock(providers_file) as addresses:
        yield addresses()


@contextmanager
def start_mock(providers_file: Path | None = None) -> Iterator[AddressLookup]:
    """Starts the mock without waiting for it; yields a function that waits and returns provider → base URL."""
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", "--control", "--json"]
    command += ["--exit-with-stdin", "--gap", STREAM_GAP_S]
    if providers_file is not None:
        command += ["--providers", str(providers_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        try:
            yield partial(_read_addresses, process)
        finally:
            process.terminate()


def _read_addresses(process: subprocess.Popen[str]) -> Mapping[str, str]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise WireproofError(f"the reference server did not start (exit code {process.wait()})")
    return {name: entry["base_url"] for name, entry in json.loads(line)["profiles"].items()}
