"""Runs that are killed without a word: the ledger says so, `judge` reads it, and `--resume` finishes it."""

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
from wireproof.session.resume import REQUEST_CUT_OFF

ROOT = Path(__file__).parents[2]
GIVEN_UP = 300
Ran = Callable[..., subprocess.CompletedProcess[str]]
QUIET = ["-q", "-p", "no:cacheprovider", "--provider", "aion"]
WORDS = ["wireproof", "check", *QUIET, "-m", "smoke or models or auth or chat"]
# Each worker of xdist has a target of its own, and both write one ledger.
SHARED = ["pytest", "suites/smoke", "suites/models", *QUIET, "--provider", "iio", "-n", "2"]


@pytest.fixture(name="ran", scope="module")
def _ran(fresh: Any) -> Ran:
    return partial(fresh, env={**os.environ, "COLUMNS": "200"})


def killed(reports: Path, size: int, *words: str) -> Path:
    """The ledger of a run that was killed when its ledger had grown to this size, or when it was about to end."""
    ledger = reports / "ledger.jsonl"
    command = [sys.executable, "-m", *words, "--report-dir", str(reports)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **quiet) as run:  # type: ignore[call-overload]
        while not ledger.exists() or ledger.stat().st_size < size:
            with suppress(subprocess.TimeoutExpired):
                run.wait(0.001)
                break
        # The run, its workers and its mock have no time to say anything.
        os.killpg(run.pid, signal.SIGKILL)
    return ledger


def size_at(reports: Path, share: float) -> int:
    """About so much of what a run writes before it judges."""
    lines = (reports / "ledger.jsonl").read_bytes().splitlines()
    sent = sum(len(line) for line in lines if b'"kind": "verdict"' not in line[:20])
    return round(sent * share) + random.Random(share).randrange(2000)


def outcomes(report: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    return {(v["target"], v["provider"], v["check"], v["case"]): v["outcome"] for v in report["verdicts"]}


@pytest.fixture(name="whole", scope="module")
def _whole(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the run that nobody killed."""
    return finished(ran, tmp_path_factory.mktemp("whole"), WORDS)


@pytest.fixture(name="shared", scope="module")
def _shared(ran: Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the run of two workers that nobody killed."""
    return finished(ran, tmp_path_factory.mktemp("shared"), SHARED)


def finished(ran: Ran, reports: Path, words: list[str]) -> Path:
    done = ran(*words, "--report-dir", str(reports))
    assert done.returncode == 0, done.stdout[-3000:]
    return reports


def of_run(reports: Path) -> dict[tuple[str, ...], str]:
    return outcomes(json.loads((reports / "report.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("at", [pytest.param(share, id=f"at-{share:.0%}") for share in (0.0, 0.2, 0.5)])
def test_a_run_that_was_killed_is_finished(
    ran: Ran, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], at: float
) -> None:
    killed(tmp_path, size_at(whole, at), *WORDS)
    is_finished(ran, tmp_path, WORDS, of_run(whole), capsys)


def test_a_run_of_two_workers_that_was_killed_is_finished(
    ran: Ran, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(tmp_path, size_at(shared, 0.3), *SHARED)
    is_finished(ran, tmp_path, SHARED, of_run(shared), capsys)


def is_finished(
    ran: Ran, reports: Path, words: list[str], then: Mapping[tuple[str, ...], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The run says that it was cut off, and `--resume` reaches the verdicts that it would have reached."""
    ledger = reports / "ledger.jsonl"
    held = read_ledger(ledger)
    assert held.cut is not None
    assert "the run was cut off" in held.cut

    assert main.main(["judge", str(ledger)]) == 2
    assert "incomplete: " in capsys.readouterr().err

    resumed = ran(*words, "--resume", str(ledger), "--report-dir", str(reports))
    assert resumed.returncode == 0, resumed.stdout[-3000:]
    assert read_ledger(ledger).cut is None
    for line in ledger.read_bytes().splitlines():
        if line.endswith(b"}"):
            schemas.check_format(json.loads(line), "ledger", "ledger.jsonl")
    now = of_run(reports)
    open_cases = {case for (_, _, case), account in held.accounts.items() if account.is_open}
    differing = {key for key in then if now[key] != then[key]}
    assert all(open_cases & set(key[3].split("+")) for key in differing)
    assert now.keys() == then.keys()
    assert {now[key] for key in differing} <= {REQUEST_CUT_OFF.outcome, "untestable"}


def test_a_run_that_is_still_going_on_is_not_gone_on_with(ran: Ran, whole: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join((whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)[:5]))
    before = ledger.read_bytes()
    with alone(ledger):
        held = WriterLock(ledger)  # as each process has one that writes it
    try:
        for words in (["--resume", str(ledger)], ["--report-dir", str(tmp_path)]):
            done = ran(*WORDS, *words)
            told = done.stdout + done.stderr
            assert (done.returncode, "Traceback" in told) == (2, False), told
            assert "its run is still going on" in told or "another run is writing it" in told
    finally:
        held.release()
    assert ledger.read_bytes() == before


def test_what_was_asked_is_asked_again_on_demand(
    ran: Ran, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    lines = (whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if line.startswith(b'{"kind": "intent"'))
    ledger.write_bytes(b"".join(lines[: last + 1]) + b'{"kind": "exch')
    done = ran(*WORDS, "--resume", str(ledger), "--resend")
    assert done.returncode == 0, done.stdout[-3000:]
    assert of_run(tmp_path) == of_run(whole)
    main.main(["judge", str(ledger), "--json"])
    judged = outcomes(json.loads(capsys.readouterr().out))
    assert of_run(whole).items() <= judged.items()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--provider", "iio"], "it is a run of aion, this one is of aion, iio", id="other-targets"),
        pytest.param(["--profile", "core"], "this one's is 'core'; give the options", id="another-profile"),
    ],
)
def test_the_ledger_of_another_run_is_not_gone_on_with(
    ran: Ran, whole: Path, tmp_path: Path, words: list[str], sentence: str
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join((whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)[:5]))
    done = ran(*WORDS, *words, "--resume", str(ledger))
    assert (done.returncode, sentence in done.stdout + done.stderr) == (2, True), done.stdout + done.stderr


def test_a_run_that_came_to_its_end_is_not_resumed(ran: Ran, whole: Path) -> None:
    done = ran(*WORDS, "--resume", str(whole / "ledger.jsonl"))
    assert done.returncode == 2
    assert "the run came to its end" in done.stdout + done.stderr


def test_the_bundled_server_does_not_outlive_who_started_it() -> None:
    command = [sys.executable, "-m", "wireproof", "serve", "--port", "0", "--json", "--leashed"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline()
        server.stdin.close()
        assert server.wait(GIVEN_UP) == 0
