"""Fixtures of all tests: the responses of the reference server to every case, forked commands, and the wheel."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

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


@pytest.fixture(name="fresh", scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """Runs `python -m` with the given words in a process of its own, forked with its imports done; see warm.py."""
    with warmed("pytest", tmp_path_factory.mktemp("fresh")) as run:
        yield run


@pytest.fixture(name="fresh_locust", scope="session")
def _fresh_locust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """The same with locust, which shares a process with nothing else."""
    with warmed("locust", tmp_path_factory.mktemp("fresh-locust")) as run:
        yield run


@contextmanager
def warmed(library: str, folder: Path) -> Iterator[Fresh]:
    """Starts warm.py with a library; the output of its forks goes to the folder."""
    files = {name: folder / name for name in ("stdout", "stderr")}
    command = [sys.executable, str(ROOT / "tests/warm.py"), library]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as warm:
        assert warm.stdin is not None
        assert warm.stdout is not None

        def run(*words: str, cwd: Path = ROOT, env: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
            for file in files.values():
                file.write_bytes(b"")
            outputs = {name: str(file) for name, file in files.items()}
            print(
                json.dumps({"words": words, "cwd": str(cwd), "env": dict(env), **outputs}), file=warm.stdin, flush=True
            )
            assert select.select([warm.stdout], [], [], GIVEN_UP)[0], f"{words} does not end"
            code = int(warm.stdout.readline())
            return subprocess.CompletedProcess(words, code, *(file.read_text("utf-8") for file in files.values()))

        yield run
        warm.stdin.close()


@pytest.fixture(name="wheel", scope="session")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, alone in its folder."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("wireproof-*.whl"))
