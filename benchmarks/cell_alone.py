"""The cell by itself: its cost compared with simpler servers, and its punctuality."""

from __future__ import annotations

import json
import socket
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.chat_request import wire
from benchmarks.contestants import raw
from benchmarks.figures import Rounds, alternating, note
from benchmarks.nginx import NGINX, nginx
from benchmarks.processes import Cell
from benchmarks.servers import cell, replay, uvicorn

Servers = dict[str, Callable[[], AbstractContextManager[Cell]]]
TOKENS, GAP_S = 201, 0.010


def server(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Work per CPU second of the server: plain answers compared with playback and nginx, streams with uvicorn."""
    plain: Servers = {"playback": lambda: replay(False, folder), **({"nginx": lambda: nginx(folder)} if NGINX else {})}
    kinds: dict[str, tuple[bool, Servers]] = {
        "JSON requests / server CPU-s": (False, plain),
        "SSE events / server CPU-s": (True, {"uvicorn": lambda: uvicorn(folder)}),
    }
    for number in range(rounds):
        for unit, (streams, controls) in kinds.items():
            contestants: Servers = {"cell": lambda: cell("instant"), **controls}
            rates: dict[str, float] = {}
            for name in alternating(contestants, number):
                with contestants[name]() as served:
                    run = raw(served, streams, 32, seconds, fast=True)
                rates[name] = (run.server_tokens_per_cpu_s if streams else run.server_answers_per_cpu_s) or 0.0
                note(found, unit, name, rates[name] or None)
            for control in controls:
                if rates["cell"] and rates[control]:
                    note(found, unit, f"cell / {control}", rates["cell"] / rates[control])


def crowd(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """500 streams of one token every 10 ms, read by a raw client."""
    for _ in range(rounds):
        with cell("steady") as served:
            run = raw(served, True, 500, seconds + 2, fast=True, asks=False)
            times = served.read_state()["ms"]
        # All streams have started after two seconds, and the first end a second before the last.
        middle = [sample for sample in run.samples if 2.0 < sample[0] < seconds + 1]
        if len(middle) > 1:
            first, last = middle[0], middle[-1]
            note(found, "cell, 500 streams x 10 ms", "share of a core", (last[4] - first[4]) / (last[0] - first[0]))
        tokens = json.loads(run.output.splitlines()[-1])["gap"]["n"]
        note(found, "cell, 500 streams x 10 ms", "tokens / s", tokens / (seconds + 2))
        for share in ("p50", "p99"):
            note(found, "cell, 500 streams x 10 ms", f"lateness {share}, ms", times["lateness"].get(share))


def drift(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """The drift of the last of about 200 tokens, and the delay until the cell notices a closed connection."""
    with cell("steady") as served:
        for _ in range(rounds):
            stamps = _token_times(served, TOKENS)
            off = (stamps[-1] - stamps[0] - (len(stamps) - 1) * GAP_S) * 1e3
            note(found, "cell, one stream", "drift over 2 s, ms", abs(off))
            note(found, "cell, one stream", "a closed connection noticed after, ms", _close_noticed_ms(served))


def _token_times(served: Cell, number: int) -> list[float]:
    with _open_stream(served, number) as connection:
        rest, stamps = b"", list[float]()
        while not rest.endswith(b"0\r\n\r\n"):
            data, at = connection.recv(65536), time.perf_counter()
            stamps += [at] * data.count(b'"delta":{"content":')
            rest = (rest + data)[-16:]
    return stamps


def _close_noticed_ms(served: Cell) -> float:
    """Milliseconds from closing a stream until the cell has no active answer, without the time of the poll itself."""
    connection = _open_stream(served, TOKENS)
    connection.recv(65536)
    time.sleep(0.1)
    poll_s = statistics.median(_poll_s(served) for _ in range(5))
    closed = time.perf_counter()
    connection.close()
    while served.read_state()["active"]:
        pass
    return max(0.0, time.perf_counter() - closed - poll_s) * 1e3


def _poll_s(served: Cell) -> float:
    began = time.perf_counter()
    served.read_state()
    return time.perf_counter() - began


def _open_stream(served: Cell, tokens: int) -> socket.socket:
    address = urlsplit(served.url)
    connection = socket.create_connection((address.hostname or "", address.port or 80))
    connection.sendall(wire(served.url, True, tokens).encode())
    return connection
