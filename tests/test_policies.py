"""Every exit code, level and column of whole runs, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wireproof import bundled, contract

ROOT = Path(__file__).parents[1]
GIVEN_UP = 120
# The mock of a document that goes its own ways breaks some of what OpenAI advises.
STRICT = ("--authority", "openai", "--fail-on", "should")


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
        pytest.param(["--write-baseline", "/proc/no-such-file"], 2, id="a-baseline-that-cannot-be-written"),
        pytest.param(["--fail-on", "may"], 4, id="pytests-own"),
    ],
)
def test_a_run_ends_with_the_code_of_its_policy(served: str, tmp_path: Path, words: list[str], code: int) -> None:
    done = check(served, tmp_path, *words)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_baseline_lets_a_broken_endpoint_pass(served: str, tmp_path: Path, known: str) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(known, encoding="utf-8")
    held = check(served, tmp_path, *STRICT, "--baseline", str(file))
    assert (held.returncode, "xfailed" in held.stdout) == (0, True), held.stdout[-3000:]
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["baseline"]
    assert (len(told["known"]), told["stale"]) == (known.count("\n- "), [])

    # The own column fails nothing: what the baseline says of the other is beside the point, not stale.
    assert "stale" not in check(served, tmp_path / "own", "--baseline", str(file)).stdout


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        pytest.param(["fail"], 1, " failed", id="a-failure-that-nobody-expects"),
        pytest.param(
            ['- {check: wire.http, case: no-such-case, reason: "it was renamed"}'],
            1,
            "stale in the baseline: wire.http on no-such-case: no such judgement exists",
            id="an-entry-that-names-nothing",
        ),
        pytest.param(
            ["- {check: wire.http, case: models-list, reason: mended}"],
            1,
            "the baseline says fail, it is now pass",
            id="an-entry-that-is-mended",
        ),
        pytest.param(["expires"], 1, "its entry expired on 2026-01-31", id="an-entry-that-has-expired"),
        pytest.param(["skip"], 1, "untestable   ", id="a-skip-that-nobody-expects"),
        pytest.param(["twice"], 2, "stands twice", id="an-entry-that-stands-twice"),
        pytest.param(["- {check: wire.http}"], 2, "/case: it is missing", id="an-entry-without-a-case"),
    ],
)
def test_only_what_the_baseline_knows_is_excused(
    served: str, tmp_path: Path, known: str, change: list[str], code: int, said: str
) -> None:
    lines = known.splitlines()
    # What fails at may fails no run.
    failing = next(at for at, line in enumerate(lines) if '"outcome": "fail"' in line and "schema.conforms" in line)
    skipped = next(at for at, line in enumerate(lines) if '"outcome": "untestable"' in line)
    if change == ["expires"]:
        lines[failing] = lines[failing].replace("}", ', "expires": "2026-01-31"}')
    elif change in (["fail"], ["skip"]):
        del lines[failing if change == ["fail"] else skipped]
    elif change == ["twice"]:
        lines.append(lines[failing])
    else:
        lines += change
    (tmp_path / "known.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = check(served, tmp_path / "r", *STRICT, "--baseline", str(tmp_path / "known.yaml"))
    told = done.stdout + done.stderr
    assert (done.returncode, said in told, "Traceback" in told) == (code, True, False), told[-3000:]


@pytest.fixture(name="known", scope="module")
def _known(served: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A baseline of a run that fails at should, skips some and holds the rest."""
    file = tmp_path_factory.mktemp("known") / "known.yaml"
    assert check(served, file.parent, *STRICT, "--write-baseline", str(file)).returncode == 1
    return file.read_text(encoding="utf-8")


def test_two_runs_are_compared_by_report_and_by_ledger(served: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    assert check(served, good).returncode == 0
    assert check(served, bad, "--header", "X-Wireproof-Fault: bare-lf").returncode == 1
    same = wireproof("compare", str(good / "report.json"), str(good / "ledger.jsonl"))
    assert (same.returncode, "regressions: 0" in same.stdout) == (0, True), same.stdout + same.stderr
    assert "iio chat whole: " in same.stdout

    worse = wireproof("compare", str(good / "report.json"), str(bad / "ledger.jsonl"), "--json")
    assert worse.returncode == 1
    found = json.loads(worse.stdout)
    contract.check_format(found, "comparison", "stdout")
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
