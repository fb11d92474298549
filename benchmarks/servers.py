"""Servers for the measurements: cells, a playback of a cell's answer, and uvicorn."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks.chat_request import wire
from benchmarks.processes import ROOT, Cell, pinned

CHUNK = re.compile(rb"(?s)([0-9a-f]+)\r\n(.*?)\r\n(?=[0-9a-f]+\r\n)")


@contextlib.contextmanager
def cell(latency: str, core: int | None = 0) -> Iterator[Cell]:
    """Starts a cell and stops it at the end of the context."""
    command = [sys.executable, "-m", "wireproof", "serve", "--cells", "1", "--latency", latency, "--port", "0"]
    with _announced([*command, "--json", "--provider", "openai"], core) as served:
        yield served


@contextlib.contextmanager
def replay(streams: bool, folder: Path, core: int | None = 0) -> Iterator[Cell]:
    """Starts a server that plays back one answer of a cell."""
    with _announced([sys.executable, "-m", "benchmarks.replay", str(recorded(streams, folder))], core) as served:
        yield served


@contextlib.contextmanager
def uvicorn(folder: Path, core: int | None = 0) -> Iterator[Cell]:
    """Starts uvicorn with the same stream."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.uvicorn_app:app", "--port", str(port)]
    command += ["--log-level", "error", "--no-access-log"]
    with listening(command, port, core, env={"RECORDED": str(recorded(True, folder))}) as served:
        yield served


def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def listening(
    command: Sequence[str], port: int, core: int | None, kind: type[Cell] = Cell, env: Mapping[str, str] | None = None
) -> Iterator[Cell]:
    """Starts a server that prints no address, and waits until it answers on its port."""
    with subprocess.Popen(pinned(core, command), cwd=ROOT, env={**os.environ, **(env or {})}) as process:
        served = kind(psutil.Process(process.pid), f"http://127.0.0.1:{port}/openai/v1")
        try:
            _await_state(served)
            yield served
        finally:
            process.terminate()


@contextlib.contextmanager
def _announced(command: Sequence[str], core: int | None) -> Iterator[Cell]:
    with subprocess.Popen(pinned(core, command), stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            first = json.loads(process.stdout.readline())["cells"][0]
            yield Cell(psutil.Process(process.pid), first["profiles"]["openai"]["base_url"])
        finally:
            process.terminate()


def _await_state(served: Cell) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            served.read_state()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def recorded(streams: bool, folder: Path) -> Path:
    """The file with the writes of one answer of a cell, recorded on the first call."""
    file = folder / f"{'stream' if streams else 'plain'}.json"
    if not file.exists():
        with cell("instant", None) as served:
            answer = _answer(served.url, streams)
        head, _, body = answer.partition(b"\r\n\r\n")
        events = [match[2] for match in CHUNK.finditer(body)]
        chunks = (b"%x\r\n%b\r\n" % (len(event), event) for event in events)
        writes = [head + b"\r\n\r\n", *chunks] if streams else [answer]
        if streams:
            writes[-1] += b"0\r\n\r\n"
        tokens = sum(b'"delta":{"content":' in event for event in events)
        record = {"writes": writes, "events": events, "tokens": tokens}
        file.write_text(json.dumps(record, default=lambda data: data.decode("latin-1")))
    return file


def _answer(url: str, streams: bool) -> bytes:
    address, answer = urlsplit(url), b""
    with socket.create_connection((address.hostname or "", address.port or 80)) as connection:
        connection.sendall(wire(url, streams).encode())
        while not (answer.endswith(b"0\r\n\r\n") if streams else answer.endswith(b"}")):
            answer += connection.recv(65536)
    return answer
