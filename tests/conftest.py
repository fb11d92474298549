"""Fixtures of all tests: the responses of the reference server to every case, forked commands, and the wheel."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, settings

from wireproof.client.sender import Sender
from wireproof.contract import loading, target_options
from wireproof.contract.case import is_generated
from wireproof.contract.target import Target
from wireproof.evidence.case_result import Evidence
from wireproof.judging.suite_loader import load_checks
from wireproof.proof.in_process_line import InProcessPool
from wireproof.session.target_run import TargetRun, open_target_run

# Hundreds of processes are started here: what each of them imports is compiled once, whatever the shell says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is no reason to fail.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
Heard = Callable[[str], tuple[TargetRun, Evidence]]
Fresh = Callable[..., subprocess.CompletedProcess[str]]
GIVEN_UP = 300


def pytest_collection_finish() -> None:
    """Keeps the garbage collector away from the objects that all tests share: a sixth of the CPU time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(name="heard", scope="session")
def _heard() -> Heard:
    """Provider → its target run, and the fault-free response to each of its cases."""
    return cache(_fault_free_evidence)


def _fault_free_evidence(provider: str) -> tuple[TargetRun, Evidence]:
    (target,) = target_options.mock_targets(provider)
    served = f"http://127.0.0.1:1{target.provider.serve_at}"
    target_run = open_target_run(target_options.with_address(target, served), loading.load_providers(), load_checks())
    wanted = {name for entry in target_run.entries for _, name in entry.cases if not is_generated(name)}
    return target_run, asyncio.run(_send_in_process(target_run, target_run.target, sorted(wanted)))


async def _send_in_process(target_run: TargetRun, target: Target, names: Sequence[str]) -> Evidence:
    server, evidence = InProcessPool(target.provider), {}
    for name in names:
        server.begin_case()
        evidence[name] = await Sender(target, server).send(target_run.cases[name])
    return evidence


class Forked:
    """A command in a fork of warm.py, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, words: Sequence[str], state: IO[str], stdout: IO[str] | None) -> None:
        self.args, self.stdout, self._state = words, stdout, state
        self.returncode: int | None = None
        self.pid = int(state.readline())

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        for file in filter(None, (self.stdout, self._state)):
            file.close()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float = GIVEN_UP) -> int:
        if self.returncode is None:
            if not select.select([self._state], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = int(self._state.readline())
        return self.returncode

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def communicate(self, timeout: float = GIVEN_UP) -> tuple[str, None]:
        """Reads the output to its end, which may not come before the timeout."""
        assert self.stdout is not None
        parts, until = [], time.monotonic() + timeout
        while select.select([self.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
            if not (part := os.read(self.stdout.fileno(), 65536)):
                self.wait(timeout)
                return b"".join(parts).decode(), None
            parts.append(part)
        raise subprocess.TimeoutExpired(self.args, timeout, b"".join(parts))


@dataclass(frozen=True)
class Warm:
    """A process of warm.py.

    Attributes:
        commands: the socket on which it receives commands.
        outputs: the files for the standard output and the standard error of commands that are run to their end.
    """

    commands: socket.socket
    outputs: tuple[Path, Path]

    def start(self, words: Sequence[str], env: Mapping[str, str], cwd: Path = ROOT) -> Forked:
        """Starts a command and reads what it prints, errors included."""
        reading, writing = os.pipe()
        return self._send(words, env, cwd, (writing, writing), os.fdopen(reading, encoding="utf-8"))

    def run(
        self, *words: str, cwd: Path = ROOT, env: Mapping[str, str] = os.environ
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        files = [os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for file in self.outputs]
        with self._send(words, env, cwd, files, None) as process:
            code = process.wait()
        return subprocess.CompletedProcess(words, code, *(file.read_text("utf-8") for file in self.outputs))

    def _send(
        self, words: Sequence[str], env: Mapping[str, str], cwd: Path, outputs: Sequence[int], stdout: IO[str] | None
    ) -> Forked:
        state, written = os.pipe()
        command = json.dumps({"words": words, "cwd": str(cwd), "env": dict(env)}).encode() + b"\n"
        sent = socket.send_fds(self.commands, [command], [*outputs, written])
        self.commands.sendall(command[sent:])
        for descriptor in {*outputs, written}:
            os.close(descriptor)
        return Forked(words, os.fdopen(state, encoding="utf-8"), stdout)


@pytest.fixture(name="warm_pytest", scope="session")
def _warm_pytest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """Starts `python -m` with the given words in a process of its own, forked with its imports done; see warm.py."""
    with warmed("pytest", tmp_path_factory.mktemp("fresh")) as warm:
        yield warm


@pytest.fixture(name="fresh", scope="session")
def _fresh(warm_pytest: Warm) -> Fresh:
    """Runs such a process to its end."""
    return warm_pytest.run


@pytest.fixture(name="warm_locust", scope="session")
def _warm_locust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The same with locust, which shares a process with nothing else."""
    with warmed("locust", tmp_path_factory.mktemp("fresh-locust")) as warm:
        yield warm


@pytest.fixture(name="warm_mock", scope="session")
def _warm_mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The same with the reference server."""
    with warmed("mock", tmp_path_factory.mktemp("fresh-mock")) as warm:
        yield warm


@contextmanager
def warmed(library: str, folder: Path) -> Iterator[Warm]:
    """Starts warm.py with a library; the output of commands that are run to their end goes to the folder."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, str(ROOT / "tests/warm.py"), library, str(theirs.fileno())]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True):
            theirs.close()
            yield Warm(ours, (folder / "stdout", folder / "stderr"))
            ours.close()


@pytest.fixture(name="wheel", scope="session")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, alone in its folder."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("wireproof-*.whl"))
