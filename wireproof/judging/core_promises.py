"""The core of decided promises that an exit code 0 needs, so that a run that judged next to nothing is no success.

The core is relative to the selection: only verdicts of the run count, so a run of one check needs that check alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wireproof.judging.decided_promises import DocumentPromises, clause_outcomes, open_causes
from wireproof.judging.outcomes import DECIDED_OUTCOMES
from wireproof.judging.undecided_causes import find_cause
from wireproof.judging.verdict import Verdict

# Half: below it the undecided promises outnumber the decided ones, and a heading would speak for the minority.
FLOOR_SHARE = 0.5
MAX_GROUPS_IN_SENTENCE, MAX_REASONS_IN_SENTENCE = 3, 2


@dataclass(frozen=True, slots=True)
class CorePromise:
    """One part of the core; one decided verdict of these checks on these cases is enough.

    Attributes:
        words: the part as a noun phrase.
        reason: why an exit code 0 without it would mislead.
    """

    words: str
    checks: tuple[str, ...]
    cases: tuple[str, ...]
    reason: str


CORE_PROMISES = (
    CorePromise(
        "an answer at the base URL",
        ("smoke.reachable",),
        ("models-list", "chat-basic"),
        "without it the run may have asked another server",
    ),
    CorePromise(
        "the acceptance of the key",
        ("smoke.key-accepted",),
        ("models-list", "chat-basic"),
        "without it every other answer may be a refusal",
    ),
    CorePromise(
        "the shape of a plain chat answer",
        ("schema.conforms",),
        ("chat-basic",),
        "a chat is the purpose of every contract, and a server that refuses each one has well-formed refusals",
    ),
    CorePromise(
        "the end of a stream",
        ("stream.done", "stream.finish"),
        ("chat-basic-stream",),
        "most clients stream; a contract without streams has no such verdict",
    ),
    CorePromise(
        "the refusal of a wrong key",
        ("errors.refused", "auth.key-checked"),
        ("models-bad-key", "auth-chat-bad-key", "chat-without-key+auth-chat-bad-key"),
        "without it nothing shows that the server tells a right key from a wrong one",
    ),
)


def missing_core(columns: Iterable[Sequence[Verdict]]) -> list[str]:
    """One sentence for each column that lacks a part of the core; it names the parts and the most frequent reason.

    Args:
        columns: the verdicts of each column that exit code 0 would speak for.
    """
    return [sentence for verdicts in columns if verdicts and (sentence := _shortage_of_column(verdicts))]


def _shortage_of_column(verdicts: Sequence[Verdict]) -> str:
    parts = [promise.words for promise in CORE_PROMISES if _is_missing(promise, verdicts)]
    missing = [f"there is no verdict on {', '.join(parts)}"] if parts else []
    decided, counted = _count_within_reach(verdicts)
    if counted and decided < FLOOR_SHARE * counted:
        missing.append(f"only {decided} of {counted} promises within the reach of this run are decided")
    if not missing:
        return ""
    return f"{verdicts[0].target} could not be judged: {'; '.join(missing)}{main_reasons(verdicts)}"


def _is_missing(promise: CorePromise, verdicts: Iterable[Verdict]) -> bool:
    """True if the run was to decide this part and no verdict did."""
    about = [verdict for verdict in verdicts if verdict.check in promise.checks and verdict.case in promise.cases]
    if any(verdict.outcome in DECIDED_OUTCOMES for verdict in about):
        return False
    return any(find_cause(verdict.outcome, verdict.message)[0].in_core for verdict in about)


def _count_within_reach(verdicts: Iterable[Verdict]) -> tuple[int, int]:
    """The number of decided clauses, and of those that a run with these options could have decided."""
    causes = open_causes(clause_outcomes(verdicts)).values()
    decided = sum(found is None for found in causes)
    return decided, decided + sum(found is not None and found[0].in_floor for found in causes)


def main_reasons(verdicts: Iterable[Verdict]) -> str:
    """The most frequent reasons of the undecided verdicts that the run was to decide, as the end of a sentence."""
    by_cause: dict[str, Counter[tuple[str, str]]] = {}
    for verdict in verdicts:
        cause = find_cause(verdict.outcome, verdict.message)[0] if verdict.outcome not in DECIDED_OUTCOMES else None
        if cause is not None and cause.in_core:
            by_cause.setdefault(cause.id, Counter())[verdict.outcome, verdict.message] += 1
    largest = sorted(by_cause.values(), key=lambda counted: -counted.total())[:MAX_REASONS_IN_SENTENCE]
    parts = [_reason_text(*counted.most_common(1)[0]) for counted in largest]
    return f"; the most frequent reasons: {' / '.join(parts)}" if parts else ""


def _reason_text(undecided: tuple[str, str], count: int) -> str:
    outcome, reason = undecided
    option = find_cause(outcome, reason)[1]
    remedy = f", {option} may help" if option and option not in reason else ""
    return f"{reason} ({count} verdict{'s' if count > 1 else ''}{remedy})"


def missing_share(promises: Iterable[DocumentPromises], own: Iterable[tuple[str, str]], required: float) -> list[str]:
    """One sentence for each target whose own document is decided to less than the required share.

    Args:
        own: (target, contract of its own document) pairs.
    """
    documents = frozenset(own)
    return [
        f"{one.target}: {len(one.decided)} of {one.total} promises of this document are decided, which is "
        f"{100 * one.share:.0f} %, and --require-decided asks for {100 * required:g} %{_largest_groups(one)}"
        for one in promises
        if (one.target, one.contract) in documents and one.share < required
    ]


def _largest_groups(promises: DocumentPromises) -> str:
    parts = [group.text() for group in promises.open[:MAX_GROUPS_IN_SENTENCE]]
    return f"; {', '.join(parts)}" if parts else ""
