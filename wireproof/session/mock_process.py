"""Runs the reference server as a subprocess on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from wireproof.contract import data_files
from wireproof.errors import WireproofError

# Long enough for a client to read the events of a stream one by one.
STREAM_GAP_S = "0.004"


AddressLookup = Callable[[], Mapping[str, str]]
ProfileLookup = Callable[[], Mapping[str, Mapping[str, str]]]


@contextmanager
def run_mock(providers_file: Path | None = None) -> Iterator[Mapping[str, str]]:
    """Runs the mock with control enabled and ends it afterwards; yields provider → base URL."""
    with start_mock(providers_file) as addresses:
        yield addresses()


@contextmanager
def start_mock(providers_file: Path | None = None) -> Iterator[AddressLookup]:
    """Starts the mock without waiting for it; yields a function that waits and returns provider → base URL."""
    options = ["--control", "--gap", STREAM_GAP_S]
    if providers_file is not None:
        options += ["--providers", str(providers_file)]
    with start_server(*options) as profiles:
        yield lambda: {name: entry["base_url"] for name, entry in profiles().items()}


@contextmanager
def start_server(*options: str) -> Iterator[ProfileLookup]:
    """Starts `wireproof serve` with these options, without waiting for it.

    Yields a function that waits and returns provider → base URL and key.
    """
    own = [word for folder in data_files.own_suites() for word in ("--suite", str(folder))]
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", "--json", "--exit-with-stdin", *own, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        try:
            yield partial(_read_profiles, process)
        finally:
            process.terminate()


def _read_profiles(process: subprocess.Popen[str]) -> Mapping[str, Mapping[str, str]]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise WireproofError(f"the reference server did not start (exit code {process.wait()})")
    profiles: Mapping[str, Mapping[str, str]] = json.loads(line)["profiles"]
    return profiles
