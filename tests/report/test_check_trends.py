"""Stored runs: the trend of each check, the history database, and the matrix page of several runs."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from wireproof.cli import main
from wireproof.report.write_files import copy_to_runs

RED, GREEN = "fail", "pass"


def kept(reports: Path, number: int, outcome: str, took_ms: float = 10, suite: str = "0" * 16) -> Path:
    """Stores a run of one check on thirty exchanges; returns its folder."""
    clause = {"id": "X-1", "level": "must", "authority": "document", "basis": "stated", "outcome": outcome}
    plain = {"target": "iio", "check": "chat.answers", "area": "chat", "outcome": outcome, "level": "must"}
    said = {"requirement": "It answers.", "message": "", "findings": [], "clauses": [clause]}
    cases = [f"case-{n}" for n in range(30)]
    verdicts = [{**plain, **said, "provider": by, "case": case} for by in ("iio", "openai") for case in cases]
    report = {
        "format": 1,
        "wireproof": "1",
        "suite": {"version": "1", "digest": suite},
        "started": f"2026-01-{number:02}T00:00:00+00:00",
        "complete": True,
        "exit": int(outcome == RED),
        "policy": {"fail_on": "must", "authority": "document"},
        "targets": [{"name": "iio", "provider": "iio", "base_url": "http://h", "models": {}, "profile": "core"}],
        "verdicts": verdicts,
        "gating": [],
        "divergences": [],
        "requests": 30,
        "tokens": {"input": 0, "output": 0},
        "summary": {},
    }
    reports.mkdir(exist_ok=True)
    (reports / "report.json").write_text(json.dumps(report))
    lines = [exchange(case, took_ms + place / 10) for place, case in enumerate(cases)]
    (reports / "ledger.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return copy_to_runs(reports)


def exchange(case: str, took_ms: float) -> dict[str, Any]:
    times = {"headers_ns": int(took_ms * 5e5), "ended_ns": int(took_ms * 1e6)}
    plain = {"target": "iio", "case": case, "endpoint": "chat", "status": 200, "reads": [[1, "answer"]]}
    return {"kind": "exchange", **plain, **times}


def told(reports: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main.main(["history", str(reports), "--json"]) == 0
    checks: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["checks"]
    return next(check for check in checks if check["contract"] == "iio")


@pytest.mark.parametrize(
    ("outcomes", "state", "first", "since", "turns", "flapping"),
    [
        pytest.param([GREEN, GREEN], "holds", None, None, 0, False, id="held-all-along"),
        pytest.param([GREEN, RED, RED], "fails", 2, 2, 1, False, id="fails-since"),
        pytest.param([RED, RED], "fails", 1, 1, 0, False, id="failed-all-along"),
        pytest.param([RED, GREEN], "holds", 1, None, 1, False, id="mended"),
        pytest.param([GREEN, RED, GREEN, RED], "fails", 2, 4, 3, True, id="flaps"),
        pytest.param([RED, "inconclusive", RED], "fails", 1, 1, 0, False, id="a-skip-says-nothing"),
    ],
)
def test_the_trend_of_a_check_over_the_runs(
    tmp_path: Path, capsys: Any, outcomes: list[str], state: str, first: Any, since: Any, turns: int, flapping: bool
) -> None:
    names = [kept(tmp_path, number, outcome).name for number, outcome in enumerate(outcomes, 1)]
    found = told(tmp_path, capsys)
    assert (found["state"], found["turns"], found["flapping"]) == (state, turns, flapping)
    assert found["first_failed"] == (names[first - 1] if first else "")
    assert found["failing_since"] == (names[since - 1] if since else "")


@pytest.mark.parametrize(
    ("took", "drift"),
    [
        pytest.param([10, 10, 10], "", id="steady"),
        pytest.param([10, 10, 20], "slower", id="slower"),
        pytest.param([20, 20, 10], "faster", id="faster"),
        pytest.param([10, 10, 11], "", id="within-a-fifth"),
        pytest.param([10], "", id="nothing-to-compare"),
    ],
)
def test_a_check_drifts_if_its_cases_take_longer_than_in_all_earlier_runs(
    tmp_path: Path, capsys: Any, took: list[float], drift: str
) -> None:
    for number, each in enumerate(took, 1):
        kept(tmp_path, number, GREEN, each)
    assert told(tmp_path, capsys)["drift"] == drift


def test_new_slow_cases_are_no_drift(tmp_path: Path, capsys: Any) -> None:
    """Only cases of both runs are compared."""
    kept(tmp_path, 1, GREEN, 10)
    last = kept(tmp_path, 2, GREEN, 10) / "ledger.jsonl"
    report = json.loads((last.parent / "report.json").read_text())
    report["verdicts"] += [{**verdict, "case": f"new-{verdict['case']}"} for verdict in report["verdicts"]]
    (last.parent / "report.json").write_text(json.dumps(report))
    slow = [exchange(f"new-{json.loads(line)['case']}", 1000) for line in last.read_text().splitlines()]
    last.write_text(last.read_text() + "".join(json.dumps(line) + "\n" for line in slow))
    found = told(tmp_path, capsys)
    assert (found["drift"], found["median_ms"] < 20) == ("", True)


def test_the_text_lists_changed_checks_and_the_csv_all(tmp_path: Path, capsys: Any) -> None:
    kept(tmp_path, 1, GREEN)
    assert main.main(["history", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 runs, 2 checks, 0 to look at\n"
    last = kept(tmp_path, 2, RED).name
    assert main.main(["history", str(tmp_path)]) == 0
    assert f"iio, iio: chat.answers: fails in 2 runs; failing since {last}" in capsys.readouterr().out
    assert main.main(["history", str(tmp_path), "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["contract"], row["state"]) for row in rows] == [("iio", "fails"), ("openai", "fails")]


def test_the_history_follows_the_folder_of_stored_runs(tmp_path: Path, capsys: Any) -> None:
    """The history drops a removed run and reads each run once."""
    first, second = kept(tmp_path, 1, RED), kept(tmp_path, 2, GREEN)
    assert told(tmp_path, capsys)["runs"] == 2
    for file in first.iterdir():
        file.unlink()
    (second / "ledger.jsonl").unlink()
    assert told(tmp_path, capsys)["runs"] == 1
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        assert database.execute("SELECT count(*) FROM exchanges").fetchone() == (30,)
    database.close()


def test_runs_of_the_same_second_are_all_stored(tmp_path: Path) -> None:
    assert [kept(tmp_path, 1, GREEN).name for _ in range(3)] == [
        "2026-01-01T00-00-00",
        "2026-01-01T00-00-00-2",
        "2026-01-01T00-00-00-3",
    ]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param(["history", "nowhere"], "no run is stored there; store one with --keep", id="no-runs"),
        pytest.param(["matrix", "nowhere"], "there is no such report", id="no-report"),
        pytest.param(["matrix", "old.json"], "it is not a report.json of format 1", id="another-format"),
        pytest.param(["report", "nowhere"], "it cannot be read", id="no-ledger"),
    ],
)
def test_missing_files_are_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, command: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.json").write_text("{}")
    assert main.main(command) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_file_that_is_not_our_database_is_left_unchanged(tmp_path: Path, capsys: Any) -> None:
    kept(tmp_path, 1, GREEN)
    (tmp_path / "history.sqlite").write_text("not a database at all, and far too long for a header of one" * 10)
    assert main.main(["history", str(tmp_path)]) == 2
    assert "remove it" in capsys.readouterr().err


def test_the_matrix_shows_every_target_and_their_differences(tmp_path: Path, capsys: Any) -> None:
    runs = [kept(tmp_path, 1, GREEN), kept(tmp_path, 2, RED, suite="1" * 16)]
    (runs[0] / "report.html").write_text("")
    page = tmp_path / "matrix.html"
    assert main.main(["matrix", *map(str, runs), "--into", str(page)]) == 0
    text = page.read_text()
    assert "Matrix of 2 targets" in text
    assert "judged by 2 different suites" in text
    assert "1 of OpenAI&#39;s checks" in text or "1 of OpenAI's checks" in text
    assert 'aria-label="iio, chat, OpenAI compatibility: all 30 hold"' in text
    assert 'title="iio, chat.answers, OpenAI compatibility: 30 of 30 broken"' in text
    assert f'href="runs/{runs[0].name}/report.html#verdicts?target=iio' in text
    assert f'href="runs/{runs[1].name}/report.html' not in text
