"""A verdict under pytest: carried by the reports of its item, and shown as pytest shows outcomes."""

from __future__ import annotations

import pytest

from wireproof.formats.safe_text import printable
from wireproof.judging.outcomes import SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.session.run import Run

VERDICT_KEY = pytest.StashKey[Verdict]()


def show_verdict(run: Run, verdict: Verdict) -> None:
    """Pass, or raise what pytest shows for the outcome."""
    if run.gates(verdict):
        pytest.fail(run.summary_text(verdict), pytrace=False)
    if verdict.outcome in SKIP_OUTCOMES:
        pytest.skip(f"{verdict.outcome}: {printable(verdict.message)}")
    known = run.policy.known_failure(verdict)
    if known is not None:
        pytest.xfail(printable(known.reason))


def attach_verdict(item: pytest.Item, verdict: Verdict) -> None:
    """Let the item bear the verdict: its reports travel with it, and JUnit tells of it."""
    item.stash[VERDICT_KEY] = verdict
    item.user_properties += junit_properties(verdict)


def junit_properties(verdict: Verdict) -> list[tuple[str, object]]:
    """What JUnit says of a verdict."""
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
