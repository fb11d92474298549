"""The last line of a comparison, which says what the exit code says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.slow

Wireproof = Callable[..., CompletedProcess[str]]
TWENTY = ("-u", "2", "--max-requests", "20", "--jitter", "0", "-t", "60s", "--latency", "instant")


def test_two_conformance_runs_end_with_a_verdict(wireproof: Wireproof, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert wireproof("check", "-q", "--provider", "aion", "-m", "smoke", "--report-dir", name).returncode == 0
    same = wireproof("compare", "a", "b")
    assert same.returncode == 0
    assert same.stdout.splitlines()[-1].startswith("NOT WORSE: no regressions; 0 fixes")
    report = json.loads((tmp_path / "b/report.json").read_text())
    report["verdicts"] = report["verdicts"][1:]
    (tmp_path / "b/report.json").write_text(json.dumps(report))
    fewer = wireproof("compare", "a", "b")
    last = fewer.stdout.splitlines()[-1]
    assert fewer.returncode == (1 if last.startswith("WORSE: ") else 0)


def test_folders_of_load_runs_are_compared(wireproof: Wireproof) -> None:
    for name in ("a", "b"):
        assert wireproof("load", "chat", *TWENTY, "--report-dir", name).returncode == 0
    ended = wireproof("compare", "a", "b")
    assert ended.returncode == 2
    assert ended.stdout.splitlines()[-1].startswith("UNDECIDED: the runs are too short")
