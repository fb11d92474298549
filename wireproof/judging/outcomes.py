"""The outcomes of verdicts, as one table: what each means, how pytest and reports show it, and when it fails a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wireproof.judging.check import Inconclusive, Noted, NotOffered, Untestable, Violation


@dataclass(frozen=True, slots=True)
class VerdictOutcome:
    """One outcome, as everything that shows, counts or writes verdicts knows it.

    Attributes:
        id: the word for it in every file and report.
        means: the same in a few words, for people.
        pytest: how pytest counts such a verdict; a failure that does not fail the run is passed.
        fails_run: when such a verdict fails the run; `always` leaves with exit code 2.
        symbol: the sign of report.html, which tells it without colour.
        state: the colour of report.html.
        heading: the column of the closing table, which is narrow.
        raised: the exception by which a check says it; None where no check can.
    """

    id: str
    means: str
    pytest: Literal["passed", "failed", "skipped", "error"]
    fails_run: Literal["never", "at its level", "beside a baseline", "always"]
    symbol: str
    state: Literal["pass", "broken", "none", "error"] = "none"
    heading: str = ""
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
        fails_run="beside a baseline",
        symbol="?",
        heading="incon-\nclusive",
        raised=Inconclusive,
    ),
    VerdictOutcome(
        id="not-offered",
        means="not promised, or refused honestly",
        pytest="skipped",
        fails_run="beside a baseline",
        symbol="–",
        heading="not\noffered",
        raised=NotOffered,
    ),
    VerdictOutcome(
        id="untestable",
        means="needs means this run was not given",
        pytest="skipped",
        fails_run="beside a baseline",
        symbol="○",
        heading="untest-\nable",
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

OUTCOMES: Mapping[str, VerdictOutcome] = {one.id: one for one in OUTCOME_TABLE}
# A skipped verdict says nothing of the promise, nor does an error; the others judge it.
SKIP_OUTCOMES = frozenset(one.id for one in OUTCOME_TABLE if one.pytest == "skipped")
PASSING_OUTCOMES = frozenset(one.id for one in OUTCOME_TABLE if one.pytest == "passed")
DECIDED_OUTCOMES = PASSING_OUTCOMES | {one.id for one in OUTCOME_TABLE if one.pytest == "failed"}
ERROR_OUTCOMES = frozenset(one.id for one in OUTCOME_TABLE if one.pytest == "error")


def outcome_of(raised: Exception | None) -> str:
    """The outcome that an exception of a check stands for; `error` where it stands for none."""
    if raised is None:
        return "pass"
    return next((one.id for one in OUTCOME_TABLE if one.raised is not None and isinstance(raised, one.raised)), "error")
