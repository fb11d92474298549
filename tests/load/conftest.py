"""Fixtures that start cells and load runs as subprocesses, so that locust never patches the tests' sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.load.experiments.load_process import LOCUSTFILE

ROOT = Path(__file__).parents[2]
PROVIDERS = loading.load_providers()


@dataclass(frozen=True)
class Served:
    """A running cell."""

    provider: str
    url: str

    @property
    def control(self) -> str:
        return "/".join(self.url.split("/")[:3]) + "/_wireproof/cell"

    def told(self, **wanted: Any) -> dict[str, Any]:
        """Changes the cell's state if members are given; returns its state, counts and measured times."""
        data = json.dumps(wanted).encode() if wanted else None
        with urllib.request.urlopen(urllib.request.Request(self.control, data=data), timeout=10) as answer:
            state: dict[str, Any] = json.loads(answer.read())
        return state


@dataclass(frozen=True)
class Ended:
    """The result of a load run."""

    code: int
    output: str
    errors: str
    summary: dict[str, Any] | None

    @property
    def one(self) -> dict[str, Any]:
        """The figures of a run with one kind of request."""
        assert self.summary is not None, self.errors
        (found,) = self.summary["requests"].values()
        return dict(found)


Serve = Callable[..., AbstractContextManager[Served]]
Run = Callable[..., Ended]
Started = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(name="environment")
def _environment() -> dict[str, str]:
    """The environment of this process without locust's variables, which would be options of every run."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}


@pytest.fixture(name="port")
def _port() -> str:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture(name="started")
def _started(warm_locust: Any, environment: dict[str, str]) -> Started:
    """Starts one process of a load run in its own process group, which is killed at the end of the context."""

    @contextlib.contextmanager
    def started(*words: str) -> Iterator[Any]:
        headless = [] if "--worker" in words else ["--headless"]
        with warm_locust.start(["locust", "-f", str(LOCUSTFILE), *words, *headless], environment) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    return started


@pytest.fixture(name="serve", scope="session")
def _serve(warm_mock: Any) -> Serve:
    """Starts a cell and stops it at the end of the context."""

    @contextlib.contextmanager
    def serve(latency: str = "steady", provider: str = "openai", *more: str) -> Iterator[Served]:
        words = ["serve", "--cells", "1", "--latency", latency, "--port", "0", "--json", "--provider", provider, *more]
        with warm_mock.start(["wireproof", *words], os.environ) as process:
            try:
                (cell,) = json.loads(process.stdout.readline())["cells"]
                yield Served(provider, cell["profiles"][provider]["base_url"])
            finally:
                process.terminate()

    return serve


@pytest.fixture(name="ready", scope="module")
def _ready(serve: Serve) -> Iterator[Callable[[str], Served]]:
    """One cell of all providers with fault injection, shared by the tests of a module that ignore its counts."""
    others = [word for name in PROVIDERS if name != "openai" for word in ("--provider", name)]
    with serve("instant", "openai", *others, "--control") as cell:
        root = cell.url.removesuffix(PROVIDERS["openai"].serve_at)
        yield lambda provider: Served(provider, root + PROVIDERS[provider].serve_at)


@pytest.fixture(name="load")
def _load(warm_locust: Any, tmp_path: Path, environment: dict[str, str]) -> Run:
    """Runs what the load command runs, against a cell if one is given."""

    def load(*words: str, at: Served | None = None) -> Ended:
        file = tmp_path / "summary.json"
        target = ["--host", at.url, "--provider", at.provider, "--own-cells"] if at else []
        command = ["-f", str(LOCUSTFILE), "--headless", *words, *target, "--summary", str(file), "--only-summary"]
        ended = warm_locust.run("locust", *command, env=environment)
        summary = json.loads(file.read_text()) if file.is_file() else None
        return Ended(ended.returncode, ended.stdout, ended.stderr, summary)

    return load
