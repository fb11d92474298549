"""Who is measured: the raw client, which is the limit, our engine, and stock locust."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.asked import KEY, body, wire
from benchmarks.processes import Cell, Measured, measure

BIN = Path(sys.executable).parent


def raw(served: Cell, streams: bool, users: int, seconds: int, *, fast: bool, asks: bool = True) -> Measured:
    """An asyncio protocol; `fast` is on uvloop, and the floor of accuracy is not."""
    place, sent = urlsplit(served.url), wire(served.url, streams)
    given = {"host": place.hostname, "port": place.port, "wire": sent, "connections": users, "seconds": seconds}
    command = [sys.executable, "-m", "benchmarks.raw_client", json.dumps({**given, "streams": streams, "uvloop": fast})]
    return measure(command, served, asks=asks)


def ours(served: Cell, streams: bool, users: int, seconds: int, more: Iterable[str] = ()) -> tuple[Measured, Any]:
    """Our engine, and its summary; None where it has none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.json"
        measured = measure(command(served, streams, users, seconds, file, more), served, env={"OPENAI_API_KEY": KEY})
        told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        return measured, told


def command(served: Cell, streams: bool, users: int, seconds: int, file: Path, more: Iterable[str] = ()) -> list[str]:
    """The command line of our engine."""
    words = [str(BIN / "locust"), "-f", "load/locustfile.py", "Stream" if streams else "Chat", "--headless"]
    words += ["-u", str(users), "-t", f"{seconds}s", "--host", served.url, "--only-summary"]
    return [*words, "--model", "gpt-4.1-mini", "--jitter", "0.7", "--summary", str(file), *more]


def stock(served: Cell, streams: bool, users: int, seconds: int) -> Measured:
    """Locust's FastHttpUser, used as its documentation shows."""
    place = urlsplit(served.url)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    given = {"streams": streams, "path": f"{place.path}/chat/completions", "body": body(streams), "headers": headers}
    words = [str(BIN / "locust"), "-f", "benchmarks/stock_locustfile.py", "--headless", "--only-summary"]
    words += ["-u", str(users), "-r", "100", "-t", f"{seconds}s", "--host", f"http://{place.netloc}"]
    return measure(words, served, env={"STOCK": json.dumps(given)})
