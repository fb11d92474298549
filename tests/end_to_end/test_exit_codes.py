"""The exit codes of whole runs, by level, column and baseline; each run in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.contract import loading, schemas
from wireproof.formats import yaml_file
from wireproof.session import mock_process

pytestmark = pytest.mark.slow

Check = Callable[..., subprocess.CompletedProcess[str]]
Fresh = Any
# The mock of a document that deviates from OpenAI's fails some of the checks at should.
STRICT = ("--authority", "openai", "--fail-on", "should")
# OpenAI's document has cases of endpoints that are not offered.
HOLDING = (*STRICT, "--baseline-skips", "-k", "models-list or completions-basic or images-basic")


@pytest.fixture(name="served", scope="module")
def _served() -> Iterator[str]:
    with mock_process.run_mock() as urls:
        yield urls["iio"]


@pytest.fixture(name="check", scope="module")
def _check(fresh: Fresh, served: str) -> Check:
    """A live run of the model list; the mock keeps its own document, but not all of OpenAI's."""

    def check(reports: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = ["check", "-q", "-p", "no:cacheprovider", "--endpoint", served, "--provider", "iio"]
        command += ["-k", "models-list", "--report-dir", str(reports), *words]
        known = {"COLUMNS": "200", "IIO_API_KEY": "iio-dev-mock-pro"}
        return fresh("wireproof", *command, env={**os.environ, **known, **variables})

    return check


@pytest.fixture(name="good", scope="module")
def _good(check: Check, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run in which the endpoint keeps its own contract."""
    reports = tmp_path_factory.mktemp("good")
    done = check(reports)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return reports


def test_a_run_collects_its_profile_alone_and_counts_what_it_leaves_out(
    fresh: Fresh, served: str, tmp_path: Path
) -> None:
    command = ["check", "-p", "no:cacheprovider", "--endpoint", served, "--provider", "iio", "-k", "models or health"]
    done = fresh(
        "wireproof", *command, "--report-dir", str(tmp_path), env={**os.environ, "IIO_API_KEY": "iio-dev-mock-pro"}
    )
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    cases = {case for verdict in report["verdicts"] for case in verdict["case"].split("+")}
    assert {loading.load_cases()[case].profile for case in cases} == {"core"}
    left_out = report["targets"][0]["left_out"]
    assert left_out > 1000
    assert f"iio: {left_out} verdicts beyond the profile core left out" in done.stdout
    assert f"{left_out} verdicts of larger profiles were left out" in done.stdout
    assert f"({left_out} of larger profiles left out)" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    # What is announced is what is sent.
    counts = re.findall(r"sending (\d+) cases|(\d+) cases sent", done.stdout)
    assert len({number for pair in counts for number in pair if number}) == 1, counts


@pytest.fixture(name="bad", scope="module")
def _bad(check: Check, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a run in which the endpoint breaks its own contract."""
    reports = tmp_path_factory.mktemp("bad")
    done = check(reports, "--header", "X-Wireproof-Fault: bare-lf")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr
    return reports


def test_a_target_that_excuses_nearly_every_request_fails_the_run(fresh: Fresh, tmp_path: Path) -> None:
    with mock_process.run_mock() as urls:
        command = ["check", "-q", "-p", "no:cacheprovider", "--endpoint", urls["openai"], "--provider", "openai"]
        command += ["--profile", "core", "--report-dir", str(tmp_path)]
        command += ["--header", "X-Wireproof-Fault: limited-beyond-the-plainest"]
        environment = {**os.environ, "COLUMNS": "200", "OPENAI_API_KEY": "sk-mock-standard"}
        done = fresh("wireproof", *command, env=environment)

    assert done.returncode == 1, done.stdout[-3000:] + done.stderr
    assert "excused again and again: openai by openai: excused" in done.stdout
    assert "too many requests" in done.stdout


@pytest.fixture(name="known", scope="module")
def _known(check: Check, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The baseline of a run with failures at should and with skips."""
    file = tmp_path_factory.mktemp("known") / "known.yaml"
    assert check(file.parent, *HOLDING, "--write-baseline", str(file)).returncode == 1
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--authority", "openai"], 0, id="openais-must-holds"),
        pytest.param(["--authority", "all", "--fail-on", "should"], 1, id="openais-should-is-broken"),
        pytest.param(["--authority", "document", "--fail-on", "should"], 0, id="the-documents-should-holds"),
        pytest.param(["--model", "no-such-model"], 2, id="a-smoke-case-that-fails"),
        pytest.param(["--baseline", "no-such-file.yaml"], 2, id="a-bad-baseline"),
        pytest.param(["--resume", "no-such-ledger.jsonl"], 2, id="no-ledger"),
        pytest.param(["--key", "gold=IIO_API_KEY"], 2, id="a-bad-option"),
        pytest.param(["--write-baseline", "/proc/no-such-file"], 2, id="a-baseline-that-cannot-be-written"),
        pytest.param(["--fail-on", "may"], 2, id="a-wrong-choice"),
        pytest.param(["--provder", "iio"], 2, id="an-unknown-option"),
        pytest.param(["-k", "no-such-case"], 2, id="nothing-selected"),
        pytest.param(["no-such-file.py"], 2, id="an-unknown-path"),
    ],
)
def test_the_exit_code_of_a_run_follows_its_options(check: Check, tmp_path: Path, words: list[str], code: int) -> None:
    done = check(tmp_path, *words)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_run_passes_if_the_baseline_holds_every_failure(check: Check, tmp_path: Path, known: str) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(known, encoding="utf-8")
    done = check(tmp_path, *HOLDING, "--baseline", str(file))
    assert (done.returncode, "xfailed" in done.stdout) == (0, True), done.stdout[-3000:]
    baseline = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["baseline"]
    # An entry with `*` is about several verdicts.
    assert len(baseline["known"]) > known.count("\n- ") > 0
    assert baseline["stale"] == []

    # By default the document's column decides, so entries about the other column are not stale.
    assert "stale" not in check(tmp_path / "own", "--baseline", str(file)).stdout


Edit = Callable[[list[str], int, int], None]


def change_entries(lines: list[str], failing: int, skipped: int) -> None:
    """Removes a failure and a skip, lets another entry expire, and adds an entry for a check that passes."""
    other = next(at for at, line in enumerate(lines) if '"outcome": "not-offered"' in line and at != skipped)
    lines[other] = lines[other].replace("}", ', "expires": "2026-01-31"}')
    lines.append("- {check: wire.http, case: models-list, reason: mended}")
    for at in sorted((failing, skipped), reverse=True):
        del lines[at]


def add_entry(entry: str) -> Edit:
    return lambda lines, failing, skipped: lines.append(entry)


def repeat_entry(lines: list[str], failing: int, skipped: int) -> None:
    lines.append(lines[failing])


@pytest.mark.parametrize(
    ("edit", "code", "messages"),
    [
        pytest.param(
            change_entries,
            1,
            (
                " failed",
                "the baseline says fail, it is now pass",
                "its entry expired on 2026-01-31",
                "1 verdict on completions-basic",
            ),
            id="unexpected-failures-and-skips",
        ),
        pytest.param(
            add_entry('- {check: wire.http, case: no-such-case, reason: "it was renamed"}'),
            1,
            ("stale in the baseline: wire.http on no-such-case: no such judgement exists",),
            id="an-entry-that-names-nothing",
        ),
        pytest.param(repeat_entry, 2, ("has two entries",), id="an-entry-given-twice"),
        pytest.param(add_entry("- {check: wire.http}"), 2, ("/case: it is missing",), id="an-entry-without-a-case"),
    ],
)
def test_a_baseline_excuses_only_its_entries(
    check: Check, tmp_path: Path, known: str, edit: Edit, code: int, messages: tuple[str, ...]
) -> None:
    """tests/judging/test_baseline.py shows that each of these edits alone sets the exit code."""
    lines = known.splitlines()
    # A failure at may fails no run, so one at should is removed.
    failing = next(at for at, line in enumerate(lines) if '"outcome": "fail"' in line and "schema.conforms" in line)
    skipped = next(at for at, line in enumerate(lines) if '"outcome": "not-offered"' in line)
    edit(lines, failing, skipped)
    (tmp_path / "known.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = check(tmp_path / "r", *HOLDING, "--baseline", str(tmp_path / "known.yaml"))
    text = done.stdout + done.stderr
    missing = [message for message in messages if message not in " ".join(text.split())]
    assert (done.returncode, missing, "Traceback" in text) == (code, [], False), text[-3000:]


@pytest.fixture(name="failures", scope="module")
def _failures(check: Check, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The baseline of the failures alone."""
    file = tmp_path_factory.mktemp("failures") / "known.yaml"
    assert check(file.parent, *STRICT, "--write-baseline", str(file)).returncode == 1
    return file.read_text(encoding="utf-8")


def test_a_baseline_holds_failures_alone_in_an_order_of_its_own(
    check: Check, tmp_path: Path, failures: str, known: str
) -> None:
    assert "untestable" not in failures
    assert 0 < failures.count("\n- ") < known.count("\n- ")
    (tmp_path / "reversing.py").write_text("def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    file = tmp_path / "again.yaml"
    done = check(tmp_path, *STRICT, "-p", "reversing", "--write-baseline", str(file), PYTHONPATH=str(tmp_path))
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr
    assert file.read_text(encoding="utf-8") == failures
    # Skips are neither stale nor unexpected.
    assert check(tmp_path, *STRICT, "--baseline", str(file)).returncode == 0


def test_an_update_adds_and_removes_and_passes(check: Check, tmp_path: Path, failures: str) -> None:
    file = tmp_path / "known.yaml"
    file.write_text("known:\n- {check: wire.http, case: models-list, reason: mended}\n", encoding="utf-8")
    pruned = check(tmp_path, *STRICT, "--baseline", str(file), "--prune-baseline")
    assert (pruned.returncode, "1 stale entries removed" in pruned.stdout) == (1, True), pruned.stdout[-3000:]
    assert yaml_file.read_yaml(file) == {"known": []}

    updated = check(tmp_path, *STRICT, "--baseline", str(file), "--update-baseline")
    assert (updated.returncode, " added, 0 stale" in updated.stdout) == (0, True), updated.stdout[-3000:]
    assert file.read_text(encoding="utf-8") == failures

    explained = failures.replace('"reason": "', '"reason": "ticket 7: ')
    file.write_text(explained, encoding="utf-8")
    assert check(tmp_path, *STRICT, "--baseline", str(file), "--update-baseline").returncode == 0
    assert file.read_text(encoding="utf-8") == explained


@pytest.mark.parametrize("option", ["--update-baseline", "--prune-baseline"])
def test_a_change_of_the_baseline_needs_its_file(check: Check, tmp_path: Path, option: str) -> None:
    done = check(tmp_path, option)
    assert (done.returncode, f"{option}: no baseline is named" in done.stdout + done.stderr) == (2, True), done.stdout


def test_a_run_that_judges_nothing_leaves_the_baseline_alone(check: Check, tmp_path: Path, failures: str) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(failures, encoding="utf-8")
    done = check(tmp_path, *STRICT, "--baseline", str(file), "--update-baseline", "--model", "no-such-model")
    assert (done.returncode, file.read_text(encoding="utf-8")) == (2, failures), done.stdout[-3000:]


def test_compare_accepts_reports_and_ledgers(
    good: Path, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def compare(*words: Path | str) -> tuple[int, str]:
        code = main.main(["compare", *map(str, words)])
        return code, capsys.readouterr().out

    code, output = compare(good / "report.json", good / "ledger.jsonl")
    assert (code, "regressions: 0" in output) == (0, True), output
    assert "iio chat whole: " in output

    code, output = compare(good / "report.json", bad / "ledger.jsonl", "--json")
    assert code == 1
    comparison = json.loads(output)
    schemas.check_format(comparison, "comparison", "stdout")
    assert "wire.answered" in {pair["check"] for pair in comparison["regressions"]}
    code, output = compare(bad / "report.json", good / "report.json", "--json")
    assert code == 0
    assert "wire.answered" in {pair["check"] for pair in json.loads(output)["fixes"]}

    torn = tmp_path / "torn.jsonl"
    torn.write_bytes((good / "ledger.jsonl").read_bytes()[:5000])
    assert main.main(["compare", str(good / "report.json"), str(torn)]) == 2
    assert "finish it with --resume" in capsys.readouterr().err
    assert compare(good / "report.json", "no-such-file")[0] == 2


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--authority", "openai", "--fail-on", "should"), 1)])
def test_judge_applies_the_options_of_the_gate(good: Path, words: tuple[str, ...], code: int) -> None:
    assert main.main(["judge", str(good / "ledger.jsonl"), *words]) == code
