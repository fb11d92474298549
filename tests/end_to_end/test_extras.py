"""An installation without extras judges endpoints; what needs an extra says which one."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIBRARIES_OF_EXTRAS = ("locust", "gevent", "geventhttpclient", "hypothesis", "_hypothesis", "schemathesis", "wireproof")
Ran = subprocess.CompletedProcess[str]


@pytest.fixture(name="python", scope="module")
def _python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the installed packages, except those of the extras."""
    folder = tmp_path_factory.mktemp("without-extras")
    venv.create(folder, symlinks=True)
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(LIBRARIES_OF_EXTRAS) and not (inside / entry.name).exists():
            (inside / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


def ran(python: Path, folder: Path, *words: str) -> Ran:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    command = [str(python), "-m", "wireproof", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=folder, env=environment
    )


def test_the_environment_lacks_the_extras(python: Path, tmp_path: Path) -> None:
    for library in ("locust", "hypothesis", "schemathesis"):
        done = subprocess.run([str(python), "-c", f"import {library}"], capture_output=True, text=True, cwd=tmp_path)
        assert "ModuleNotFoundError" in done.stderr, library


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["check", "--provider", "iio", "-k", "models-list"], 0, "The contract holds"),
        (["check", "--provider", "iio", "-k", "models-list", "-n", "2"], 0, "The contract holds"),
        (["plan", "--provider", "iio"], 0, "iio (full)"),
        (["explain", "done-missing"], 0, "done-missing"),
        (["check", "--provider", "iio", "--examples", "2"], 2, "--examples: it needs the extra 'generate'"),
        (["plan", "--provider", "iio", "--examples", "2"], 2, "pip install 'wireproof[generate]'"),
        (["prove", "--provider", "iio"], 2, "wireproof prove: it needs the extra 'generate'"),
        (["load", "chat"], 2, "wireproof load: it needs the extra 'load'"),
        (["sweep", "stream", "--slo", "ttft=300"], 2, "pip install 'wireproof[load]'"),
        (["load", "--help"], 0, "wireproof load"),
    ],
)
def test_a_command_without_extras_works_or_names_the_one_it_needs(
    python: Path, tmp_path: Path, words: list[str], code: int, sentence: str
) -> None:
    done = ran(python, tmp_path, *words)
    text = done.stdout + done.stderr
    assert (done.returncode, sentence in text, "Traceback" in text) == (code, True, False), text[-3000:]


def test_promises_of_generated_requests_are_told_as_open(python: Path, tmp_path: Path) -> None:
    done = ran(python, tmp_path, "check", "--provider", "openai", "-k", "models-list")
    assert "need generated requests (--examples 10)" in " ".join(done.stdout.split())
