"""Maps verdicts to pytest: outcomes, and properties of reports."""

from __future__ import annotations

import pytest

from wireproof.formats.safe_text import printable
from wireproof.judging.outcomes import SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.session.run import Run

VERDICT_KEY = pytest.StashKey[Verdict]()


def show_verdict(run: Run, verdict: Verdict) -> None:
    """Returns for a pass; raises pytest's exception for a failure, a skip or an expected failure."""
    if run.gates(verdict):
        pytest.fail(run.summary_text(verdict), pytrace=False)
    if verdict.outcome in SKIP_OUTCOMES:
        pytest.skip(f"{verdict.outcome}: {printable(verdict.message)}")
    known = run.policy.known_failure(verdict)
    if known is not None:
        pytest.xfail(printable(known.reason))


def attach_verdict(item: pytest.Item, verdict: Verdict) -> None:
    """Attaches a verdict to an item, for its reports and for JUnit."""
    item.stash[VERDICT_KEY] = verdict
    item.user_properties += junit_properties(verdict)


def junit_properties(verdict: Verdict) -> list[tuple[str, object]]:
    """The JUnit properties of a verdict, as (name, value)."""
    authorities = sorted({clause.authority for clause in verdict.clauses})
    return [
        ("check", verdict.check),
        ("case", verdict.case),
        ("target", verdict.target),
        ("contract", verdict.provider),
        ("outcome", verdict.outcome),
        ("level", verdict.level),
        ("clause", " ".join(clause.id for clause in verdict.clauses)),
        ("authority", " ".join(authorities)),
        *([("message", verdict.message)] if verdict.message else []),
    ]
