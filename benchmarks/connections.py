"""Thousands of idle and slow connections to the reference server: its memory, its descriptors, and what others wait.

Idle connections send nothing. Slow ones send a request in pieces, one piece a round, and are answered after the last.
After each round another client asks as usual. A number beyond its bound is exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BODY = json.dumps({"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Say exactly: ok"}]}).encode()
REQUEST = (
    b"POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-mock-standard\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
# The rounds in which a slow connection sends its request.
PIECES = 8
PIECE_BYTES = len(REQUEST) // PIECES
ASKED_BETWEEN = 20
# Connections that are opened at once; the kernel queues no more for one listener.
OPENED_AT_ONCE = 250
SPARE_DESCRIPTORS = 64
KB_EACH, MS_BETWEEN = 12.0, 100.0


@dataclass(frozen=True)
class Figure:
    """A measured number and its bound; None for a number that is shown only."""

    name: str
    value: float
    most: float | None = None

    @property
    def holds(self) -> bool:
        return self.most is None or self.value <= self.most


def main(arguments: Sequence[str]) -> int:
    """Opens the connections, measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks connections")
    parser.add_argument("--idle", type=int, default=5000, help="connections that send nothing (default: 5000)")
    parser.add_argument("--slow", type=int, default=5000, help="connections that send slowly (default: 5000)")
    options = parser.parse_args(arguments)
    allow_descriptors(options.idle + options.slow + SPARE_DESCRIPTORS)
    with serve() as (process, port):
        figures = asyncio.run(measure(process, port, options.idle, options.slow))
    print("| figure | value | bound |\n|---|--:|--:|")
    for figure in figures:
        bound = "" if figure.most is None else f"{figure.most:,.1f}"
        print(f"| {figure.name} | {figure.value:,.1f} | {bound}{'' if figure.holds else ' BEYOND'} |")
    return 0 if all(figure.holds for figure in figures) else 1


def allow_descriptors(wanted: int) -> None:
    """Raises the limit of this process and its children; ends the program if the system does not allow it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"the system allows {hard} descriptors, and {wanted} are needed; lower --idle and --slow")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@contextmanager
def serve() -> Iterator[tuple[psutil.Process, int]]:
    """The reference server as a process, and its port."""
    command = [
        sys.executable,
        "-m",
        "wireproof",
        "serve",
        "--port",
        "0",
        "--json",
        "--provider",
        "openai",
        "--no-limits",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            profiles = json.loads(process.stdout.readline())["profiles"]
            yield psutil.Process(process.pid), urlsplit(profiles["openai"]["base_url"]).port or 0
        finally:
            process.terminate()


async def measure(process: psutil.Process, port: int, idle: int, slow: int) -> list[Figure]:
    """The figures of one run."""
    alone = await ask_as_usual(port)
    memory, descriptors = process.memory_info().rss, process.num_fds()
    began = time.monotonic()
    connections = await open_connections(port, idle + slow)
    opened_s = time.monotonic() - began
    waits = await send_slowly(connections[:slow], port)
    answered, last_waits = await finish_slowly(connections[:slow], port)
    grown, used = process.memory_info().rss - memory, process.num_fds() - descriptors
    for _, writer in connections:
        writer.close()
    left = await descriptors_left(process, descriptors)
    return [
        Figure("connections", len(connections)),
        Figure("seconds to open them", opened_s),
        Figure("slow requests that were not answered 200", slow - answered, 0),
        Figure("memory each, KB", grown / 1024 / len(connections), KB_EACH),
        Figure("descriptors beyond one for each connection", used - len(connections), SPARE_DESCRIPTORS),
        Figure("descriptors left after all have closed", left, SPARE_DESCRIPTORS),
        Figure("another client alone, median ms", statistics.median(alone)),
        Figure("another client between them, median ms", statistics.median(waits), MS_BETWEEN),
        Figure("another client between them, longest ms", max(waits)),
        Figure("another client while all slow ones are answered, longest ms", max(last_waits)),
    ]


async def open_connections(port: int, count: int) -> list[Stream]:
    opened: list[Stream] = []
    while len(opened) < count:
        batch = min(OPENED_AT_ONCE, count - len(opened))
        opened += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(batch)))
    return opened


async def send_slowly(connections: Sequence[Stream], port: int) -> list[float]:
    """Sends all but the last piece of each request; returns what another client waited meanwhile."""
    waits: list[float] = []
    for piece in range(PIECES - 1):
        for _, writer in connections:
            writer.write(REQUEST[piece * PIECE_BYTES : (piece + 1) * PIECE_BYTES])
        waits += await ask_as_usual(port)
    return waits


async def finish_slowly(connections: Sequence[Stream], port: int) -> tuple[int, list[float]]:
    """Sends the last pieces; returns how many requests are answered 200, and what another client waited meanwhile."""
    for _, writer in connections:
        writer.write(REQUEST[(PIECES - 1) * PIECE_BYTES :])
    waits = await ask_as_usual(port)
    statuses = await asyncio.gather(*(reader.readline() for reader, _ in connections))
    return sum(status.startswith(b"HTTP/1.1 200") for status in statuses), waits


async def ask_as_usual(port: int) -> list[float]:
    """The milliseconds that each of some ordinary requests takes, on connections of their own."""
    times = []
    for _ in range(ASKED_BETWEEN):
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST.replace(b"Host: x", b"Connection: close\r\nHost: x"))
        await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        times.append((time.monotonic() - began) * 1000)
    return times


async def descriptors_left(process: psutil.Process, before: int) -> int:
    """The descriptors beyond those before, once the server has seen that its clients have left."""
    for _ in range(200):
        left = process.num_fds() - before
        if left <= 0:
            return 0
        await asyncio.sleep(0.05)
    return left
