"""What clients are measured against: cells, what a cell said played back, and uvicorn."""

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

from benchmarks.asked import wire
from benchmarks.processes import ROOT, Cell, pinned

CHUNK = re.compile(rb"(?s)([0-9a-f]+)\r\n(.*?)\r\n(?=[0-9a-f]+\r\n)")


@contextlib.contextmanager
def cell(latency: str, core: int | None = 0) -> Iterator[Cell]:
    """A cell of ours for as long as the context lasts."""
    command = [sys.executable, "-m", "wireproof", "serve", "--cells", "1", "--latency", latency, "--port", "0"]
    with _announced([*command, "--json", "--provider", "openai"], core) as served:
        yield served


@contextlib.contextmanager
def replay(streams: bool, folder: Path, core: int | None = 0) -> Iterator[Cell]:
    """A server that plays back one answer of a cell."""
    with _announced([sys.executable, "-m", "benchmarks.replay", str(recorded(streams, folder))], core) as served:
        yield served


@contextlib.contextmanager
def uvicorn(folder: Path, core: int | None = 0) -> Iterator[Cell]:
    """The same stream by uvicorn."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.uvicorn_app:app", "--port", str(port)]
    command += ["--log-level", "error", "--no-access-log"]
    with listening(command, port, core, env={"RECORDED": str(recorded(True, folder))}) as served:
        yield served


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@contextlib.contextmanager
def listening(
    command: Sequence[str], port: int, core: int | None, kind: type[Cell] = Cell, env: Mapping[str, str] | None = None
) -> Iterator[Cell]:
    """A server that says nothing of itself, from when it answers on its port."""
    with subprocess.Popen(pinned(core, command), cwd=ROOT, env={**os.environ, **(env or {})}) as process:
        served = kind(psutil.Process(process.pid), f"http://127.0.0.1:{port}/openai/v1")
        try:
            _until_told(served)
            yield served
        finally:
            process.terminate()


@contextlib.contextmanager
def _announced(command: Sequence[str], core: int | None) -> Iterator[Cell]:
    with subprocess.Popen(pinned(core, command), stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            one = json.loads(process.stdout.readline())["cells"][0]
            yield Cell(psutil.Process(process.pid), one["profiles"]["openai"]["base_url"])
        finally:
            process.terminate()


def _until_told(served: Cell) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            served.told()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def recorded(streams: bool, folder: Path) -> Path:
    """An answer of a cell, as the writes that it came in; asked for once."""
    file = folder / f"{'stream' if streams else 'plain'}.json"
    if not file.exists():
        with cell("instant", None) as served:
            answer = _answer(served.url, streams)
        head, _, body = answer.partition(b"\r\n\r\n")
        events = [found[2] for found in CHUNK.finditer(body)]
        writes = [head + b"\r\n\r\n", *(b"%x\r\n%b\r\n" % (len(one), one) for one in events)] if streams else [answer]
        if streams:
            writes[-1] += b"0\r\n\r\n"
        tokens = sum(b'"delta":{"content":' in one for one in events)
        record = {"writes": writes, "events": events, "tokens": tokens}
        file.write_text(json.dumps(record, default=lambda data: data.decode("latin-1")))
    return file


def _answer(url: str, streams: bool) -> bytes:
    place, found = urlsplit(url), b""
    with socket.create_connection((place.hostname or "", place.port or 80)) as plug:
        plug.sendall(wire(url, streams).encode())
        while not (found.endswith(b"0\r\n\r\n") if streams else found.endswith(b"}")):
            found += plug.recv(65536)
    return found
