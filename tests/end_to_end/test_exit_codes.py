"""Every exit code, level and column of whole runs, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import schemas
from wireproof.session import mock_process

Check = Callable[..., subprocess.CompletedProcess[str]]
Fresh = Any
# The mock of a document that goes its own ways breaks some of what OpenAI advises.
STRICT = ("--authority", "openai", "--fail-on", "should")


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["iio"]


@pytest.fixture(name="check", scope="module")
def _check(fresh: Fresh, served: str) -> Check:
    """A live run of what the model list alone shows: the mock keeps its document's word, and not all of OpenAI's."""

    def check(reports: Path, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["check", "-q", "-p", "no:cacheprovider", "--endpoint", served, "--provider", "iio"]
        command += ["-k", "models-list", "--report-dir", str(reports), *words]
        known = {"COLUMNS": "200", "IIO_API_KEY": "iio-dev-mock-pro"}
        return fresh("wireproof", *command, env={**os.environ, **known})

    return check


@pytest.fixture(name="good", scope="module")
def _good(check: Check, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run in which the endpoint keeps its own word, which is what counts unless said otherwise."""
    reports = tmp_path_factory.mktemp("good")
    done = check(reports)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return reports


@pytest.fixture(name="bad", scope="module")
def _bad(check: Check, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run in which it breaks it."""
    reports = tmp_path_factory.mktemp("bad")
    done = check(reports, "--header", "X-Wireproof-Fault: bare-lf")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr
    return reports


@pytest.fixture(name="known", scope="module")
def _known(check: Check, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A baseline of a run that fails at should, skips some and holds the rest."""
    file = tmp_path_factory.mktemp("known") / "known.yaml"
    assert check(file.parent, *STRICT, "--write-baseline", str(file)).returncode == 1
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--authority", "openai"], 0, id="openais-must-holds-too"),
        pytest.param(["--authority", "all", "--fail-on", "should"], 1, id="one-of-both-does-not"),
        pytest.param(["--authority", "document", "--fail-on", "should"], 0, id="advice-has-nothing"),
        pytest.param(["--model", "no-such-model"], 2, id="a-smoke-case-that-fails"),
        pytest.param(["--baseline", "no-such-file.yaml"], 2, id="a-bad-baseline"),
        pytest.param(["--resume", "no-such-ledger.jsonl"], 2, id="no-ledger"),
        pytest.param(["--key", "gold=IIO_API_KEY"], 2, id="a-bad-option"),
        pytest.param(["--write-baseline", "/proc/no-such-file"], 2, id="a-baseline-that-cannot-be-written"),
        pytest.param(["--fail-on", "may"], 4, id="pytests-own"),
    ],
)
def test_a_run_ends_with_the_code_of_its_policy(check: Check, tmp_path: Path, words: list[str], code: int) -> None:
    """Its own word that holds, one that is broken, and OpenAI's advice that is not taken, are the fixtures above."""
    done = check(tmp_path, *words)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_baseline_lets_a_broken_endpoint_pass(check: Check, tmp_path: Path, known: str) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(known, encoding="utf-8")
    held = check(tmp_path, *STRICT, "--baseline", str(file))
    assert (held.returncode, "xfailed" in held.stdout) == (0, True), held.stdout[-3000:]
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["baseline"]
    assert (len(told["known"]), told["stale"]) == (known.count("\n- "), [])

    # The own column fails nothing: what the baseline says of the other is beside the point, not stale.
    assert "stale" not in check(tmp_path / "own", "--baseline", str(file)).stdout


Edit = Callable[[list[str], int, int], None]


def changed(lines: list[str], failing: int, skipped: int) -> None:
    """One failure and one skip less, another entry that has expired, and one that is mended."""
    other = next(at for at, line in enumerate(lines) if '"outcome": "fail"' in line and at != failing)
    lines[other] = lines[other].replace("}", ', "expires": "2026-01-31"}')
    lines.append("- {check: wire.http, case: models-list, reason: mended}")
    for at in sorted((failing, skipped), reverse=True):
        del lines[at]


def added(entry: str) -> Edit:
    return lambda lines, failing, skipped: lines.append(entry)


def repeated(lines: list[str], failing: int, skipped: int) -> None:
    lines.append(lines[failing])


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        pytest.param(
            changed,
            1,
            (" failed", "the baseline says fail, it is now pass", "its entry expired on 2026-01-31", "untestable   "),
            id="failures-and-skips-that-nobody-expects",
        ),
        pytest.param(
            added('- {check: wire.http, case: no-such-case, reason: "it was renamed"}'),
            1,
            ("stale in the baseline: wire.http on no-such-case: no such judgement exists",),
            id="an-entry-that-names-nothing",
        ),
        pytest.param(repeated, 2, ("has two entries",), id="an-entry-that-stands-twice"),
        pytest.param(added("- {check: wire.http}"), 2, ("/case: it is missing",), id="an-entry-without-a-case"),
    ],
)
def test_only_what_the_baseline_knows_is_excused(
    check: Check, tmp_path: Path, known: str, change: Edit, code: int, said: tuple[str, ...]
) -> None:
    """That each of these alone makes the exit code is in test_baseline.py."""
    lines = known.splitlines()
    # What fails at may fails no run.
    failing = next(at for at, line in enumerate(lines) if '"outcome": "fail"' in line and "schema.conforms" in line)
    skipped = next(at for at, line in enumerate(lines) if '"outcome": "untestable"' in line)
    change(lines, failing, skipped)
    (tmp_path / "known.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = check(tmp_path / "r", *STRICT, "--baseline", str(tmp_path / "known.yaml"))
    told = done.stdout + done.stderr
    assert (done.returncode, [word for word in said if word not in told], "Traceback" in told) == (code, [], False), (
        told[-3000:]
    )


def test_two_runs_are_compared_by_report_and_by_ledger(
    good: Path, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def compare(*words: Path | str) -> tuple[int, str]:
        code = main.main(["compare", *map(str, words)])
        return code, capsys.readouterr().out

    code, shown = compare(good / "report.json", good / "ledger.jsonl")
    assert (code, "regressions: 0" in shown) == (0, True), shown
    assert "iio chat whole: " in shown

    code, shown = compare(good / "report.json", bad / "ledger.jsonl", "--json")
    assert code == 1
    found = json.loads(shown)
    schemas.check_format(found, "comparison", "stdout")
    assert "wire.answered" in {pair["check"] for pair in found["regressions"]}
    code, shown = compare(bad / "report.json", good / "report.json", "--json")
    assert code == 0
    assert "wire.answered" in {pair["check"] for pair in json.loads(shown)["fixes"]}

    torn = tmp_path / "torn.jsonl"
    torn.write_bytes((good / "ledger.jsonl").read_bytes()[:5000])
    assert main.main(["compare", str(good / "report.json"), str(torn)]) == 2
    assert "finish it by --resume" in capsys.readouterr().err
    assert compare(good / "report.json", "no-such-file")[0] == 2


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--authority", "openai", "--fail-on", "should"), 1)])
def test_stored_evidence_is_judged_by_any_policy(good: Path, words: tuple[str, ...], code: int) -> None:
    assert main.main(["judge", str(good / "ledger.jsonl"), *words]) == code
