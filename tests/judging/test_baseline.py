"""Baselines: only known failures and skips are excused, and only until they expire."""

from __future__ import annotations

from collections.abc import Sequence
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
UNDECIDED = "check: errors.refused, case: x, outcome: inconclusive, reason: the model chose otherwise"
LATE = "check: errors.refused, case: x, outcome: timed-out, reason: a slow machine"


@pytest.mark.parametrize(
    ("entries", "found", "exit", "stale"),
    [
        pytest.param([KNOWN], "fail", 0, None, id="a-known-failure"),
        pytest.param([], "fail", 1, None, id="a-regression"),
        pytest.param([SKIP], "fail", 1, None, id="another-outcome"),
        pytest.param([SKIP], "untestable", 0, None, id="a-known-skip"),
        pytest.param([], "untestable", 0, None, id="a-skip"),
        pytest.param([SKIP], "pass", 0, None, id="a-skip-that-is-judged-now"),
        pytest.param([], "inconclusive", 0, None, id="an-undecided-answer"),
        pytest.param([KNOWN], "inconclusive", 0, None, id="a-failure-that-is-undecided"),
        pytest.param([UNDECIDED], "pass", 0, None, id="an-undecided-answer-that-is-decided"),
        pytest.param([LATE], "pass", 0, None, id="a-deadline-that-no-longer-passes"),
        pytest.param([KNOWN], "untestable", 0, None, id="a-failure-that-is-skipped"),
        pytest.param([KNOWN], "not-offered", 1, "says fail, it is now not-offered", id="a-failure-that-is-refused"),
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


@pytest.mark.parametrize(
    ("entries", "found", "exit", "stale"),
    [
        pytest.param([SKIP], "untestable", 0, None, id="a-known-skip"),
        pytest.param([], "untestable", 1, None, id="an-unexpected-skip"),
        pytest.param([], "inconclusive", 0, None, id="an-undecided-answer"),
        pytest.param([SKIP], "pass", 1, "says untestable, it is now pass", id="a-skip-that-is-judged-now"),
        pytest.param([UNDECIDED], "pass", 0, None, id="an-undecided-answer-that-is-decided"),
    ],
)
def test_skips_are_held_on_request(
    tmp_path: Path, entries: list[str], found: str, exit: int, stale: str | None
) -> None:
    by, verdicts = policy(tmp_path, *entries, baseline_skips=True), [verdict(found), verdict("pass", "models.list")]
    sentences = by.stale_entries(verdicts, set())
    assert by.exit_code(verdicts, sentences) == exit
    assert (stale is None and sentences == []) or (stale is not None and stale in sentences[0])


FOUND = [
    verdict("fail", message='it says "no": # {x}\n\ud800'),
    verdict("untestable", "wire.http", "y"),
    verdict("untestable", "wire.complete", "y", message="it is untestable"),
    verdict("pass", "models.list", "models-list"),
    verdict("inconclusive", "chat.cap", "z"),
    verdict("fail", "chat.stop", "z", level="should"),
]


def written(file: Path, verdicts: Sequence[Verdict], by: Gate, before: baseline.Baseline | None = None) -> str:
    held = by.belongs_in_baseline
    baseline.write_baseline(file, baseline.entries_for_verdicts(verdicts, OWN, held, before), "--write-baseline")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("skips", "entries"),
    [
        (False, ["errors.refused on x (iio)"]),
        (True, ["errors.refused on x (iio)", "* on y (iio)"]),
    ],
)
def test_a_written_baseline_holds_what_fails_the_run_and_excuses_it(
    tmp_path: Path, skips: bool, entries: list[str]
) -> None:
    file = tmp_path / "ci" / "baseline.yaml"
    written(file, FOUND, Gate(own=OWN, baseline_skips=skips))
    by = Gate(own=OWN, baseline=baseline.read_baseline(file, TODAY), baseline_skips=skips)
    assert by.baseline is not None
    assert [str(entry) for entry in by.baseline.entries] == entries
    assert by.exit_code(FOUND, by.stale_entries(FOUND, set())) == 0


def test_the_order_of_a_run_does_not_show_in_the_baseline(tmp_path: Path) -> None:
    by = Gate(own=OWN, fail_on="should", baseline_skips=True)
    assert written(tmp_path / "a.yaml", FOUND, by) == written(tmp_path / "b.yaml", FOUND[::-1], by)


def test_a_baseline_that_is_written_again_keeps_its_reasons(tmp_path: Path) -> None:
    before = policy(tmp_path, KNOWN + ", expires: 2027-01-31").baseline
    written(tmp_path / "again.yaml", [verdict("fail")], Gate(own=OWN), before)
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
