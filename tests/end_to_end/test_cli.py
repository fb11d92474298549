"""The command line together with other commands: in a pipe, and on the files of other runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from wireproof.cli import main

GIVEN_UP = 100


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["faults", "--json"], id="more-than-a-pipe-holds"),
        pytest.param(["explain", "chat.model"], id="less"),
    ],
)
def test_a_reader_that_closes_the_pipe_is_no_error(words: list[str]) -> None:
    command = [sys.executable, "-m", "wireproof", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        assert (run.wait(GIVEN_UP), run.stderr.read()) == (2, "")


def test_compare_accepts_the_folders_of_kept_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = [sys.executable, "-m", "wireproof", "check", "-q", "--provider", "aion", "-m", "smoke", "--keep"]
    subprocess.run([*check, "--report-dir", "reports"], cwd=tmp_path, check=True, timeout=GIVEN_UP, capture_output=True)
    (kept,) = (tmp_path / "reports/runs").iterdir()
    assert main.main(["compare", str(kept), str(tmp_path / "reports"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["regressions"] == []
    assert main.main(["compare", str(kept), str(tmp_path)]) == 2
    assert f"{tmp_path / 'report.json'}: it cannot be read" in capsys.readouterr().err
