"""The clients that are measured: the raw client as the limit, wireproof's engine, and stock locust."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.chat_request import KEY, body, wire
from benchmarks.processes import Cell, Measured, measure

BIN = Path(sys.executable).parent


def raw(served: Cell, streams: bool, users: int, seconds: int, *, fast: bool, asks: bool = True) -> Measured:
    """Runs the raw client; `fast` uses uvloop, and the floor of accuracy is measured without it."""
    address, text = urlsplit(served.url), wire(served.url, streams)
    options = {"host": address.hostname, "port": address.port, "wire": text, "connections": users, "seconds": seconds}
    options |= {"streams": streams, "uvloop": fast}
    return measure([sys.executable, "-m", "benchmarks.raw_client", json.dumps(options)], served, asks=asks)


def ours(served: Cell, streams: bool, users: int, seconds: int, more: Iterable[str] = ()) -> tuple[Measured, Any]:
    """Runs wireproof's engine; returns the measurement and the run's summary, or None without one."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.json"
        measured = measure(command(served, streams, users, seconds, file, more), served, env={"OPENAI_API_KEY": KEY})
        summary = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        return measured, summary


def command(served: Cell, streams: bool, users: int, seconds: int, file: Path, more: Iterable[str] = ()) -> list[str]:
    """The command line of wireproof's engine."""
    words = [str(BIN / "locust"), "-f", "load/locustfile.py", "Stream" if streams else "Chat", "--headless"]
    words += ["-u", str(users), "-t", f"{seconds}s", "--host", served.url, "--only-summary"]
    return [*words, "--model", "gpt-4.1-mini", "--jitter", "0.7", "--summary", str(file), *more]


def stock(served: Cell, streams: bool, users: int, seconds: int) -> Measured:
    """Runs locust's FastHttpUser, used as its documentation shows."""
    address = urlsplit(served.url)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    settings = {"streams": streams, "path": f"{address.path}/chat/completions"}
    settings |= {"body": body(streams), "headers": headers}
    words = [str(BIN / "locust"), "-f", "benchmarks/stock_locustfile.py", "--headless", "--only-summary"]
    words += ["-u", str(users), "-r", "100", "-t", f"{seconds}s", "--host", f"http://{address.netloc}"]
    return measure(words, served, env={"STOCK": json.dumps(settings)})
