"""Excuses that a run gives so often that together they are a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from wireproof.judging.excuses import RATE_LIMITED
from wireproof.judging.expect_cuts import CUT_OFF, NO_CALL
from wireproof.judging.outcomes import DECIDED_OUTCOMES
from wireproof.judging.verdict import Verdict

# The excuses that may be the target's doing. A model may talk instead of calling a tool, but not each time that it is
# told to use one; other choices of a model, and means that a run lacks, are none.
TARGET_EXCUSES = frozenset({RATE_LIMITED, CUT_OFF, NO_CALL})
# The excuses that a target gives to any request alike.
EXCUSES_OF_ANY_CASE = frozenset({RATE_LIMITED})
# The share of the judged cases from which an excuse is a finding, and the cases from which a share says anything.
MOST_EXCUSED = 1 / 3
LEAST_CASES = 6
# A check with as many cases, of which every one is excused in the same way, is a finding of its own.
LEAST_CASES_OF_CHECK = 3


def repeated_excuses(verdicts: Iterable[Verdict]) -> list[str]:
    """One sentence for each excuse that covers most cases of a column, or every case of a check at must.

    Args:
        verdicts: the verdicts of the columns that can fail the run.
    """
    excused: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    judged: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_check: dict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        excuse = excuse_of(verdict)
        if excuse or verdict.outcome in DECIDED_OUTCOMES:
            judged[verdict.target, verdict.provider].add(verdict.case)
            by_check[verdict.target, verdict.provider, verdict.check].append(verdict)
        if excuse in EXCUSES_OF_ANY_CASE:
            excused[verdict.target, verdict.provider, excuse].add(verdict.case)
    sentences, told = [], set()
    for (target, provider, excuse), cases in excused.items():
        whole = len(judged[target, provider])
        if whole >= LEAST_CASES and len(cases) > whole * MOST_EXCUSED:
            told.add((target, provider))
            sentences.append(f"{target} by {provider}: excused {len(cases)} of {whole} cases: {excuse}")
    for (target, provider, check), found in by_check.items():
        if (target, provider) not in told and _is_never_decided(found):
            sentences.append(
                f"{target} by {provider}: {check} excused on each of {len(found)} cases: {found[0].message}"
            )
    return sentences


def excuse_of(verdict: Verdict) -> str:
    """The excuse of the target for which a verdict is inconclusive; empty if there is none."""
    if verdict.outcome != "inconclusive":
        return ""
    return next((excuse for excuse in TARGET_EXCUSES if verdict.message.startswith(excuse)), "")


def _is_never_decided(found: list[Verdict]) -> bool:
    """True if a check at must is excused on each of its cases."""
    at_must = any(verdict.level == "must" for verdict in found)
    return at_must and len(found) >= LEAST_CASES_OF_CHECK and all(map(excuse_of, found))
