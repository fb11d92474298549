"""Killed runs: the ledger is marked as interrupted, `judge` reads it, and `--resume` finishes it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import schemas
from wireproof.evidence.ledger_lock import WriterLock, alone
from wireproof.evidence.ledger_reader import read_ledger
from wireproof.judging.core_promises import CORE_PROMISES
from wireproof.session.resume import REQUEST_CUT_OFF

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GIVEN_UP = 300
CORE_CASES = {case for promise in CORE_PROMISES for case in promise.cases}
Ran = Callable[..., subprocess.CompletedProcess[str]]
QUIET = ["-q", "-p", "no:cacheprovider", "--provider", "aion"]
WORDS = ["wireproof", "check", *QUIET, "-m", "smoke or models or auth or chat"]
# Each xdist worker has a target of its own; both write one ledger.
SHARED = ["pytest", "suites/smoke", "suites/models", *QUIET, "--provider", "iio", "-n", "2"]


@pytest.fixture(name="ran", scope="module")
def _ran(fresh: Any) -> Ran:
    return partial(fresh, env={**os.environ, "COLUMNS": "200"})


def killed(warm: Any, reports: Path, size: int, *words: str) -> Path:
    """Kills a run when its ledger has at least `size` bytes, or when the run ends; returns the ledger."""
    ledger = reports / "ledger.jsonl"
    with warm.start([*words, "--report-dir", str(reports)], os.environ) as run:
        while not ledger.exists() or ledger.stat().st_size < size:
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.001)
                break
        # SIGKILL, so that the run, its workers and its mock write nothing more.
        os.killpg(run.pid, signal.SIGKILL)
    return ledger


def size_at(reports: Path, share: float) -> int:
    """The size of about this share of the lines that a run writes before it judges."""
    lines = (reports / "ledger.jsonl").read_bytes().splitlines()
    sent = sum(len(line) for line in lines if b'"kind": "verdict"' not in line[:20])
    return round(sent * share) + random.Random(share).randrange(2000)


def outcomes(report: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    return {(v["target"], v["provider"], v["check"], v["case"]): v["outcome"] for v in report["verdicts"]}


@pytest.fixture(name="whole", scope="module")
def _whole(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the complete run."""
    return finished(ran, tmp_path_factory.mktemp("whole"), WORDS)


@pytest.fixture(name="shared", scope="module")
def _shared(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the complete run of two workers."""
    return finished(ran, tmp_path_factory.mktemp("shared"), SHARED)


def finished(ran: Ran, reports: Path, words: list[str]) -> Path:
    done = ran(*words, "--report-dir", str(reports))
    assert done.returncode == 0, done.stdout[-3000:]
    return reports


def outcomes_in(reports: Path) -> dict[tuple[str, ...], str]:
    return outcomes(json.loads((reports / "report.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("at", [pytest.param(share, id=f"at-{share:.0%}") for share in (0.0, 0.2, 0.5)])
def test_resume_finishes_a_killed_run(
    ran: Ran, warm_pytest: Any, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], at: float
) -> None:
    killed(warm_pytest, tmp_path, size_at(whole, at), *WORDS)
    check_resume(ran, tmp_path, WORDS, outcomes_in(whole), capsys)


def test_resume_finishes_a_killed_run_of_two_workers(
    ran: Ran, warm_pytest: Any, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(warm_pytest, tmp_path, size_at(shared, 0.3), *SHARED)
    check_resume(ran, tmp_path, SHARED, outcomes_in(shared), capsys)


def check_resume(
    ran: Ran, reports: Path, words: list[str], then: Mapping[tuple[str, ...], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Asserts that the ledger is interrupted, and that `--resume` reaches the verdicts of the complete run."""
    ledger = reports / "ledger.jsonl"
    stored = read_ledger(ledger)
    assert stored.cut is not None
    assert "the run was cut off" in stored.cut

    assert main.main(["judge", str(ledger)]) == 2
    assert "incomplete: " in capsys.readouterr().err

    resumed = ran(*words, "--resume", str(ledger), "--report-dir", str(reports))
    open_cases = {case for (_, _, case), account in stored.accounts.items() if account.is_open}
    # A run that lost a request of its core has not judged enough.
    lost = "too little decided" in resumed.stdout and open_cases & CORE_CASES
    assert resumed.returncode == (2 if lost else 0), resumed.stdout[-3000:]
    assert read_ledger(ledger).cut is None
    for line in ledger.read_bytes().splitlines():
        if line.endswith(b"}"):
            schemas.check_format(json.loads(line), "ledger", "ledger.jsonl")
    now = outcomes_in(reports)
    differing = {key for key in then if now[key] != then[key]}
    assert all(open_cases & set(key[3].split("+")) for key in differing)
    assert now.keys() == then.keys()
    assert {now[key] for key in differing} <= {REQUEST_CUT_OFF.outcome, "untestable"}


def test_resume_refuses_a_ledger_in_use(ran: Ran, whole: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join((whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)[:5]))
    before = ledger.read_bytes()
    with alone(ledger):
        lock = WriterLock(ledger)  # each process that writes the ledger holds one
    try:
        for words in (["--resume", str(ledger)], ["--report-dir", str(tmp_path)]):
            done = ran(*WORDS, *words)
            text = done.stdout + done.stderr
            assert (done.returncode, "Traceback" in text) == (2, False), text
            assert "its run is still in progress" in text or "another run is writing it" in text
    finally:
        lock.release()
    assert ledger.read_bytes() == before


def test_resend_sends_a_request_without_a_response_again(
    ran: Ran, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    lines = (whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if line.startswith(b'{"kind": "intent"'))
    ledger.write_bytes(b"".join(lines[: last + 1]) + b'{"kind": "exch')
    done = ran(*WORDS, "--resume", str(ledger), "--resend")
    assert done.returncode == 0, done.stdout[-3000:]
    assert outcomes_in(tmp_path) == outcomes_in(whole)
    main.main(["judge", str(ledger), "--json"])
    judged = outcomes(json.loads(capsys.readouterr().out))
    assert outcomes_in(whole).items() <= judged.items()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--provider", "iio"], "its targets were aion, this run's are aion, iio", id="other-targets"),
        pytest.param(["--profile", "core"], "this run's is 'core'; give the options", id="another-profile"),
    ],
)
def test_resume_refuses_the_ledger_of_another_run(
    ran: Ran, whole: Path, tmp_path: Path, words: list[str], sentence: str
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join((whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)[:5]))
    done = ran(*WORDS, *words, "--resume", str(ledger))
    assert (done.returncode, sentence in done.stdout + done.stderr) == (2, True), done.stdout + done.stderr


def test_resume_refuses_the_ledger_of_a_complete_run(ran: Ran, whole: Path) -> None:
    done = ran(*WORDS, "--resume", str(whole / "ledger.jsonl"))
    assert done.returncode == 2
    assert "its run is complete" in done.stdout + done.stderr


def test_the_server_exits_when_standard_input_is_closed() -> None:
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", "--json", "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline()
        server.stdin.close()
        assert server.wait(GIVEN_UP) == 0
