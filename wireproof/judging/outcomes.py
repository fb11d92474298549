"""The outcomes of verdicts as one table: their meaning, their form in pytest and reports, and how they fail a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wireproof.judging.check import Inconclusive, Noted, NotOffered, TimedOut, Untestable, Violation


@dataclass(frozen=True, slots=True)
class VerdictOutcome:
    """One outcome and its form everywhere.

    Attributes:
        id: the word for it in every file and report.
        means: its meaning in a few words, for people.
        pytest: the outcome that pytest counts; a failure that does not fail the run is counted as passed.
        fails_run: the condition under which it fails the run; `always` ends the run with exit code 2.
        symbol: the sign in report.html, readable without colour.
        state: the colour in report.html.
        raised: the exception with which a check reports it; None if no check can.
    """

    id: str
    means: str
    pytest: Literal["passed", "failed", "skipped", "error"]
    fails_run: Literal["never", "at its level", "with --baseline-skips", "always"]
    symbol: str
    state: Literal["pass", "broken", "none", "error"] = "none"
    raised: type[Exception] | None = None


OUTCOME_TABLE = (
    VerdictOutcome(
        id="pass",
        means="the promise is kept",
        pytest="passed",
        fails_run="never",
        symbol="✓",
        state="pass",
    ),
    VerdictOutcome(
        id="fail",
        means="a promise is broken",
        pytest="failed",
        fails_run="at its level",
        symbol="✕",
        state="broken",
        raised=Violation,
    ),
    VerdictOutcome(
        id="timed-out",
        means="a deadline of ours passed, and again when the case was sent alone with more time; "
        "`--deadline` allows more",
        pytest="failed",
        fails_run="at its level",
        symbol="◷",
        state="broken",
        raised=TimedOut,
    ),
    VerdictOutcome(
        id="noted",
        means="a fact worth recording",
        pytest="passed",
        fails_run="never",
        symbol="·",
        raised=Noted,
    ),
    VerdictOutcome(
        id="inconclusive",
        means="rate-limited, or the answer does not decide; where the model merely chose otherwise, "
        "it was asked three times",
        pytest="skipped",
        fails_run="never",
        symbol="?",
        raised=Inconclusive,
    ),
    VerdictOutcome(
        id="not-offered",
        means="not promised, or an option refused with words that name it",
        pytest="skipped",
        fails_run="with --baseline-skips",
        symbol="–",
        raised=NotOffered,
    ),
    VerdictOutcome(
        id="untestable",
        means="needs means this run was not given",
        pytest="skipped",
        fails_run="with --baseline-skips",
        symbol="○",
        raised=Untestable,
    ),
    VerdictOutcome(
        id="error",
        means="we could not ask, or our own code broke",
        pytest="error",
        fails_run="always",
        symbol="!",
        state="error",
    ),
)

OUTCOMES: Mapping[str, VerdictOutcome] = {row.id: row for row in OUTCOME_TABLE}
# Skips, errors and passed deadlines do not judge the promise; the other outcomes do.
SKIP_OUTCOMES = frozenset(row.id for row in OUTCOME_TABLE if row.pytest == "skipped")
PASSING_OUTCOMES = frozenset(row.id for row in OUTCOME_TABLE if row.pytest == "passed")
DECIDED_OUTCOMES = PASSING_OUTCOMES | {row.id for row in OUTCOME_TABLE if row.raised is Violation}
# The outcomes that fail a run at the level of their clauses.
GATING_OUTCOMES = frozenset(row.id for row in OUTCOME_TABLE if row.fails_run == "at its level")
# The skips that a baseline can hold: they depend on the options of a run and on the endpoint, not on chance.
STEADY_SKIP_OUTCOMES = frozenset(row.id for row in OUTCOME_TABLE if row.fails_run == "with --baseline-skips")
ERROR_OUTCOMES = frozenset(row.id for row in OUTCOME_TABLE if row.pytest == "error")
# The outcomes that people have to look at.
RED_OUTCOMES = GATING_OUTCOMES | ERROR_OUTCOMES


def outcome_of(raised: Exception | None) -> str:
    """The outcome for the exception that a check raised: `pass` for None, `error` for an unexpected one."""
    if raised is None:
        return "pass"
    matching = (row.id for row in OUTCOME_TABLE if row.raised is not None and isinstance(raised, row.raised))
    return next(matching, "error")
