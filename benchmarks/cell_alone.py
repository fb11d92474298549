"""The cell by itself: what it costs beside servers that do less, and how punctual it is."""

from __future__ import annotations

import json
import socket
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.asked import wire
from benchmarks.contestants import raw
from benchmarks.figures import Rounds, alternating, note
from benchmarks.nginx import NGINX, nginx
from benchmarks.processes import Cell
from benchmarks.servers import cell, replay, uvicorn

Begin = dict[str, Callable[[], AbstractContextManager[Cell]]]
TOKENS, GAP_S = 201, 0.010


def server(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """Work by CPU second of the server: plain answers beside a playback and nginx, streams beside uvicorn."""
    plain: Begin = {"playback": lambda: replay(False, folder), **({"nginx": lambda: nginx(folder)} if NGINX else {})}
    kinds: dict[str, tuple[bool, Begin]] = {
        "JSON requests / server CPU-s": (False, plain),
        "SSE events / server CPU-s": (True, {"uvicorn": lambda: uvicorn(folder)}),
    }
    for number in range(rounds):
        for unit, (streams, controls) in kinds.items():
            contestants: Begin = {"cell": lambda: cell("instant"), **controls}
            rates: dict[str, float] = {}
            for name in alternating(contestants, number):
                with contestants[name]() as served:
                    made = raw(served, streams, 32, seconds, fast=True)
                rates[name] = (made.server_tokens_per_cpu_s if streams else made.server_answers_per_cpu_s) or 0.0
                note(found, unit, name, rates[name] or None)
            for control in controls:
                if rates["cell"] and rates[control]:
                    note(found, unit, f"cell / {control}", rates["cell"] / rates[control])


def crowd(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """500 streams of one token each 10 ms, by a raw client."""
    for _ in range(rounds):
        with cell("steady") as served:
            made = raw(served, True, 500, seconds + 2, fast=True, asks=False)
            told = served.told()["ms"]
        # All have begun after two seconds, and the first have ended a second before the last.
        middle = [one for one in made.samples if 2.0 < one[0] < seconds + 1]
        if len(middle) > 1:
            first, last = middle[0], middle[-1]
            note(found, "cell, 500 streams x 10 ms", "share of a core", (last[4] - first[4]) / (last[0] - first[0]))
        tokens = json.loads(made.output.splitlines()[-1])["gap"]["n"]
        note(found, "cell, 500 streams x 10 ms", "tokens / s", tokens / (seconds + 2))
        for share in ("p50", "p99"):
            note(found, "cell, 500 streams x 10 ms", f"lateness {share}, ms", told["lateness"].get(share))


def drift(rounds: int, seconds: int, found: Rounds, folder: Path) -> None:
    """How far the last of some 200 tokens is from its time, and how soon a client's leaving is known."""
    with cell("steady") as served:
        for _ in range(rounds):
            stamps = _tokens(served, TOKENS)
            off = (stamps[-1] - stamps[0] - (len(stamps) - 1) * GAP_S) * 1e3
            note(found, "cell, one stream", "drift over 2 s, ms", abs(off))
            note(found, "cell, one stream", "a client's leaving noticed after, ms", _noticed(served))


def _tokens(served: Cell, number: int) -> list[float]:
    with _asked(served, number) as plug:
        rest, stamps = b"", list[float]()
        while not rest.endswith(b"0\r\n\r\n"):
            data, at = plug.recv(65536), time.perf_counter()
            stamps += [at] * data.count(b'"delta":{"content":')
            rest = (rest + data)[-16:]
    return stamps


def _noticed(served: Cell) -> float:
    """Leave a stream and ask the cell until it has no answer under way; what the asking itself takes is taken off."""
    plug = _asked(served, TOKENS)
    plug.recv(65536)
    time.sleep(0.1)
    asking = statistics.median(_timed(served) for _ in range(5))
    left = time.perf_counter()
    plug.close()
    while served.told()["active"]:
        pass
    return max(0.0, time.perf_counter() - left - asking) * 1e3


def _timed(served: Cell) -> float:
    began = time.perf_counter()
    served.told()
    return time.perf_counter() - began


def _asked(served: Cell, tokens: int) -> socket.socket:
    place = urlsplit(served.url)
    plug = socket.create_connection((place.hostname or "", place.port or 80))
    plug.sendall(wire(served.url, True, tokens).encode())
    return plug
