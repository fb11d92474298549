"""Signals: a terminated `wireproof load` writes its result and stops its cells."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from wireproof.load.cell_servers import cell_control_url

ROOT = Path(__file__).parents[2]


def test_a_terminated_command_leaves_a_result_and_no_process(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    words = ["models", "-u", "2", "-t", "300s", "--jitter", "0", "--latency", "instant", "--summary", str(file)]
    words += ["--loglevel", "INFO"]
    with subprocess.Popen(
        [sys.executable, "-m", "wireproof", "load", *words],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        assert run.stderr is not None
        while "All users spawned" not in run.stderr.readline():
            assert run.poll() is None
        run.terminate()
        run.communicate(timeout=60)

    (host,) = json.loads(file.read_text())["hosts"]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(cell_control_url(host), timeout=5)
