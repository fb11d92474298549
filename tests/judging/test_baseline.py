"""Baselines: only known failures and skips are excused, and only until they expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wireproof.errors import ConfigError
from wireproof.judging import baseline
from wireproof.judging.gate import Gate
from wireproof.judging.verdict import ClauseVerdict, Verdict

TODAY = date(2026, 6, 15)
OWN = {"iio": "iio"}
CLAUSE = ClauseVerdict("IIO-ERR-001", "must", "document", "stated", "fail")


def verdict(outcome: str, check: str = "errors.refused", case: str = "x", **more: Any) -> Verdict:
    area = check.partition(".")[0]
    made = Verdict("iio", "iio", check, case, area, outcome, "must", (CLAUSE,), "It is refused.", f"it is {outcome}")
    return replace(made, **more)


def policy(tmp_path: Path, *entries: str, **more: Any) -> Gate:
    file = tmp_path / "baseline.yaml"
    file.write_text("known:\n" + "".join(f"- {{{entry}}}\n" for entry in entries) if entries else "known: []\n")
    return Gate(own=OWN, baseline=baseline.read_baseline(file, TODAY), **more)


KNOWN = "check: errors.refused, case: x, reason: ticket 7"
SKIP = "check: errors.refused, case: x, outcome: untestable, reason: no key"


@pytest.mark.parametrize(
    ("entries", "found", "exit", "stale"),
    [
        pytest.param([KNOWN], "fail", 0, None, id="a-known-failure"),
        pytest.param([], "fail", 1, None, id="a-regression"),
        pytest.param([SKIP], "fail", 1, "says untestable, it is now fail", id="another-outcome"),
        pytest.param([SKIP], "untestable", 0, None, id="a-known-skip"),
        pytest.param([], "inconclusive", 1, None, id="an-unexpected-skip"),
        pytest.param([KNOWN], "untestable", 1, "says fail, it is now untestable", id="a-failure-that-is-skipped"),
        pytest.param([KNOWN], "pass", 1, "says fail, it is now pass", id="a-fixed-failure"),
        pytest.param([KNOWN + ", expires: 2026-06-15"], "fail", 0, None, id="its-last-day"),
        pytest.param([KNOWN + ", expires: 2026-06-14"], "fail", 1, "expired on 2026-06-14", id="an-expired-entry"),
        pytest.param([KNOWN + ", target: iio, contract: iio"], "fail", 0, None, id="named-to-the-last"),
        pytest.param([KNOWN + ", target: aion"], "fail", 1, "no such judgement exists", id="of-another-target"),
        pytest.param(["check: '*', case: x, reason: r"], "fail", 0, None, id="every-check-of-a-case"),
        pytest.param([KNOWN.replace("x,", "gone,")], "pass", 1, "no such judgement exists", id="an-unknown-case"),
        pytest.param([KNOWN.replace("x,", "left-out,")], "pass", 0, None, id="a-case-this-run-left-out"),
    ],
)
def test_only_what_is_known_is_excused(
    tmp_path: Path, entries: list[str], found: str, exit: int, stale: str | None
) -> None:
    by, verdicts = policy(tmp_path, *entries), [verdict(found), verdict("pass", "models.list", "models-list")]
    there = {("iio", "iio", v.check, v.case) for v in verdicts} | {("iio", "iio", "errors.refused", "left-out")}
    sentences = by.stale_entries(verdicts, there)
    assert by.exit_code(verdicts, sentences) == exit
    assert (stale is None and sentences == []) or (stale is not None and stale in sentences[0])


@pytest.mark.parametrize("outcome", ["fail", "error"])
def test_failed_smoke_cases_and_own_errors_are_never_excused(tmp_path: Path, outcome: str) -> None:
    by = policy(tmp_path, "check: smoke.reachable, case: x, reason: r")
    assert by.exit_code([verdict(outcome, "smoke.reachable")]) == 2


def test_a_written_baseline_excuses_the_run_it_was_written_from(tmp_path: Path) -> None:
    file = tmp_path / "ci" / "baseline.yaml"
    verdicts = [
        verdict("fail", message='it says "no": # {x}\n\ud800'),
        verdict("untestable", "wire.http", "y"),
        verdict("untestable", "wire.complete", "y", message="it is untestable"),
        verdict("pass", "models.list", "models-list"),
    ]
    baseline.write_baseline(file, verdicts, OWN)
    by = Gate(own=OWN, baseline=baseline.read_baseline(file, TODAY))
    assert by.baseline is not None
    assert [str(entry) for entry in by.baseline.entries] == ["errors.refused on x (iio)", "* on y (iio)"]
    assert by.exit_code(verdicts, by.stale_entries(verdicts, set())) == 0


def test_a_baseline_that_is_written_again_keeps_its_reasons(tmp_path: Path) -> None:
    before = policy(tmp_path, KNOWN + ", expires: 2027-01-31").baseline
    baseline.write_baseline(tmp_path / "again.yaml", [verdict("fail")], OWN, before)
    (entry,) = baseline.read_baseline(tmp_path / "again.yaml", TODAY).entries
    assert (entry.reason, entry.expires) == ("ticket 7", date(2027, 1, 31))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("known: [", "it is not YAML", id="no-yaml"),
        pytest.param("- 1", "is not", id="no-mapping"),
        pytest.param("known:\n- {check: a.b, case: x}", "/known/0", id="no-reason"),
        pytest.param("known:\n- {check: a.b, case: x, reason: r, outcome: error}", "error is not one of", id="error"),
        pytest.param("known:\n- {check: a.b, case: x, reason: r, expires: 2026-13-01}", "is not a date", id="no-date"),
        pytest.param(f"known:\n- {{{KNOWN}}}\n- {{{KNOWN}}}", "has two entries", id="twice"),
        pytest.param(None, "it cannot be read", id="no-file"),
    ],
)
def test_an_invalid_baseline_is_a_config_error(tmp_path: Path, text: str | None, problem: str) -> None:
    file = tmp_path / "baseline.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=problem) as told:
        baseline.read_baseline(file, TODAY)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("authority", "fail_on", "by", "level", "red"),
    [
        ("document", "must", "iio", "must", True),
        ("document", "must", "iio", "should", False),
        ("document", "should", "iio", "should", True),
        ("document", "should", "iio", "may", False),
        ("document", "must", "openai", "must", False),
        ("openai", "must", "openai", "must", True),
        ("openai", "must", "iio", "must", False),
        ("all", "must", "iio", "must", True),
        ("all", "must", "openai", "must", True),
        ("all", "should", "openai", "should", True),
    ],
)
def test_the_level_and_the_column_decide(authority: str, fail_on: str, by: str, level: str, red: bool) -> None:
    of = Gate(fail_on, authority, OWN)
    assert of.fails_run(verdict("fail", provider=by, level=level)) is red
    assert of.exit_code([verdict("fail", provider=by, level=level)]) == int(red)
