"""Suites, schemas, providers.yaml and scenarios are found from a checkout, an editable install and a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import json
from wireproof.contract import data_files, loading
root = data_files.root()
print(json.dumps({"root": str(root), "cases": len(loading.load_cases()), "providers": list(loading.load_providers()),
                  "clauses": len(loading.load_clauses("iio")),
                  "load": [(root / "load" / name).is_file()
                           for name in ("scenarios.yaml", "cells.yaml", "outage.yaml", "traces/example.jsonl")],
                  "speech": (root / "suites/transcriptions/speech.wav").is_file()}))
"""


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    cleaned = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))}
    return subprocess.run(
        command, cwd=cwd, env={**cleaned, **environment}, capture_output=True, text=True, timeout=300, check=False
    )


def installed(kind: str, folder: Path, wheel: Path | None) -> Path:
    """The interpreter of a new environment with wireproof; the dependencies are those of the present environment."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    done = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder)
    packages = Path(done.stdout.strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    if kind == "checkout":
        (packages / "a-checkout.pth").write_text(str(ROOT))
        return python
    target = ["--editable", str(ROOT)] if kind == "editable" else [str(wheel)]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps"]
    done = run([*pip, "--ignore-installed", "--no-build-isolation", "--no-index", *target], folder)
    assert done.returncode == 0, done.stderr
    return python


@pytest.fixture(name="python", scope="module", params=["checkout", "editable", "wheel"])
def _python(request, tmp_path_factory):
    wheel = request.getfixturevalue("wheel") if request.param == "wheel" else None
    return request.param, installed(request.param, tmp_path_factory.mktemp(request.param), wheel)


def test_the_data_files_are_found(python, tmp_path):
    kind, interpreter = python
    done = run([str(interpreter), "-c", ASK], tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (Path(found["root"]) == ROOT) == (kind != "wheel")
    assert found["providers"] == ["openai", "iio", "io-intelligence", "iotex", "aion", "aiorouter"]
    assert found["speech"]
    assert found["clauses"] == 144
    assert found["cases"] > 100
    assert all(found["load"])


def test_the_reference_server_is_judged_from_an_empty_folder(python, tmp_path):
    _, interpreter = python
    done = run([str(interpreter), "-m", "wireproof", "check", "--provider", "iio", "-m", "smoke"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert {verdict["outcome"] for verdict in report["verdicts"]} == {"pass"}
    assert "Warning" not in done.stderr


def test_an_endpoint_is_judged_from_an_empty_folder_beside_other_plugins(python, tmp_path):
    """The plugins of pytest-base-url and locust do not change the behaviour of `wireproof check`."""
    _, interpreter = python
    serve = [str(interpreter), "-m", "wireproof", "serve", "--port", "0", "--json", "--provider", "iio"]
    with subprocess.Popen(serve, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        try:
            profile = json.loads(server.stdout.readline())["profiles"]["iio"]
            check = ["check", "--provider", "iio", "--endpoint", profile["base_url"], "-m", "smoke"]
            command = [str(interpreter), "-m", "wireproof", *check, "--key-env", "KEY"]
            done = run(command, tmp_path, KEY=profile["key"])
        finally:
            server.terminate()
    assert done.returncode == 0, done.stdout + done.stderr
    written = {file.name for file in (tmp_path / "reports").iterdir()}
    assert {"report.html", "report.json", "junit.xml", "report.sarif", "badge.json", "summary.md"} < written


def test_installing_adds_no_pytest_plugin(python, tmp_path):
    """The plugin of pytest-base-url is there, and its option with it."""
    _, interpreter = python
    done = run([str(interpreter), "-m", "pytest", "--help"], tmp_path)
    assert done.returncode == 0
    assert "--base-url" in done.stdout
    assert "--endpoint" not in done.stdout
