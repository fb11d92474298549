"""Every exit code, level and column of whole runs, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wireproof import bundled

ROOT = Path(__file__).parents[1]
GIVEN_UP = 120


def wireproof(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wireproof", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "IIO_API_KEY": "iio-dev-mock-pro"},
        capture_output=True,
        text=True,
        timeout=GIVEN_UP,
        check=False,
    )


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with bundled.mock() as urls:
        yield urls["iio"]


def check(served: str, reports: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A live run of what the model list alone shows: the mock keeps its document's word, and not all of OpenAI's."""
    command = ["check", "-q", "-p", "no:cacheprovider", "--endpoint", served, "--provider", "iio"]
    return wireproof(*command, "-k", "models-list or chat-basic]", "--report-dir", str(reports), *words)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--authority", "document"], 0, id="its-own-word-holds"),
        pytest.param(["--authority", "openai"], 0, id="openais-must-holds-too"),
        pytest.param(["--authority", "openai", "--fail-on", "should"], 1, id="openais-should-does-not"),
        pytest.param(["--authority", "all", "--fail-on", "should"], 1, id="one-of-both-does-not"),
        pytest.param(["--authority", "document", "--fail-on", "should"], 0, id="advice-has-nothing"),
        pytest.param(["--header", "X-Wireproof-Fault: bare-lf"], 1, id="a-broken-promise"),
        pytest.param(["--model", "no-such-model"], 2, id="a-smoke-case-that-fails"),
        pytest.param(["--baseline", "no-such-file.yaml"], 2, id="a-bad-baseline"),
        pytest.param(["--resume", "no-such-ledger.jsonl"], 2, id="no-ledger"),
        pytest.param(["--key", "gold=IIO_API_KEY"], 2, id="a-bad-option"),
        pytest.param(["--fail-on", "may"], 4, id="pytests-own"),
    ],
)
def test_a_run_ends_with_the_code_of_its_policy(served: str, tmp_path: Path, words: list[str], code: int) -> None:
    done = check(served, tmp_path, *words)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_baseline_lets_a_broken_endpoint_pass_until_it_changes(served: str, tmp_path: Path) -> None:
    known, openai = tmp_path / "known.yaml", ("--authority", "openai", "--fail-on", "should")
    written = check(served, tmp_path / "a", *openai, "--write-baseline", str(known))
    assert written.returncode == 1
    held = check(served, tmp_path / "b", *openai, "--baseline", str(known))
    assert held.returncode == 0, held.stdout[-3000:]
    assert "xfailed" in held.stdout

    # The own column fails nothing: what the baseline says of the other is beside the point, not stale.
    assert check(served, tmp_path / "c", "--baseline", str(known)).returncode in (0, 1)

    lines = known.read_text(encoding="utf-8").splitlines()
    fewer = [line for line in lines if '"outcome": "fail"' not in line]
    (tmp_path / "fewer.yaml").write_text("\n".join(fewer), encoding="utf-8")
    assert check(served, tmp_path / "d", *openai, "--baseline", str(tmp_path / "fewer.yaml")).returncode == 1

    stale = '- {check: wire.http, case: models-list, reason: "mended long ago"}'
    (tmp_path / "more.yaml").write_text("\n".join([*lines, stale]), encoding="utf-8")
    told = check(served, tmp_path / "e", *openai, "--baseline", str(tmp_path / "more.yaml"))
    assert told.returncode == 1
    assert "stale in the baseline: wire.http on models-list" in told.stdout
    report = json.loads((tmp_path / "e" / "report.json").read_text(encoding="utf-8"))
    assert report["baseline"]["known"]
    assert len(report["baseline"]["stale"]) == 1


def test_two_runs_are_compared_by_report_and_by_ledger(served: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    assert check(served, good).returncode == 0
    assert check(served, bad, "--header", "X-Wireproof-Fault: bare-lf").returncode == 1
    same = wireproof("compare", str(good / "report.json"), str(good / "ledger.jsonl"))
    assert (same.returncode, "regressions: 0" in same.stdout) == (0, True), same.stdout + same.stderr

    worse = wireproof("compare", str(good / "report.json"), str(bad / "ledger.jsonl"), "--json")
    assert worse.returncode == 1
    found = json.loads(worse.stdout)
    assert "wire.answered" in {pair["check"] for pair in found["regressions"]}
    mended = wireproof("compare", str(bad / "report.json"), str(good / "report.json"), "--json")
    assert mended.returncode == 0
    assert "wire.answered" in {pair["check"] for pair in json.loads(mended.stdout)["fixes"]}

    torn = tmp_path / "torn.jsonl"
    torn.write_bytes((good / "ledger.jsonl").read_bytes()[:5000])
    cut = wireproof("compare", str(good / "report.json"), str(torn))
    assert cut.returncode == 2
    assert "finish it by --resume" in cut.stderr
    assert wireproof("compare", str(good / "report.json"), "no-such-file").returncode == 2


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--authority", "openai", "--fail-on", "should"), 1)])
def test_stored_evidence_is_judged_by_any_policy(
    served: str, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    check(served, tmp_path)
    done = wireproof("judge", str(tmp_path / "ledger.jsonl"), *words)
    assert done.returncode == code, done.stdout[-2000:]
