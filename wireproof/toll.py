"""What a fault comes to: which cases it touches, what is judged again, and what breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wireproof import pointer
from wireproof.docket import Entry
from wireproof.evidence import Sent
from wireproof.mock.message import Ops
from wireproof.mock.rehearsal import Take
from wireproof.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Toll:
    """What one fault broke.

    Attributes:
        checks: check → the cases that pass without the fault and fail with it.
        clauses: the clauses that failures are attributed to, advice against what the rules allow among them.
    """

    checks: dict[str, list[str]]
    clauses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Due:
    """An entry to be judged under faults: its place, the outcomes that count as broken, and what it looks at."""

    at: int
    entry: Entry
    red: frozenset[str]
    regards: frozenset[str]


@dataclass(frozen=True, slots=True)
class Touched:
    """What comes of a case under a fault; `changed` is None where more than headers or reads may differ."""

    sent: Sent
    changed: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of one case without a connection.

    Attributes:
        asked: its requests, with what is said to each.
        takes: the same, where they can be answered again by themselves.
    """

    sent: Sent
    ops: tuple[Ops, ...]
    asked: tuple[Take, ...]
    takes: tuple[Take, ...]


def attributed(entry: Entry, verdict: Verdict) -> Iterator[tuple[str, str | None]]:
    """The clauses that a failure is about, each with its place.

    A clause about one member that is red only because the whole cannot be read is not among them: its own line
    has to be able to turn red.
    """
    for (clause, judgement), told in zip(entry.clauses, verdict.clauses, strict=True):
        fits = judgement.at is None or any(
            found.pointer is not None and pointer.matches(judgement.at, found.pointer) for found in verdict.findings
        )
        if told.outcome == "fail" and fits:
            yield clause.id, judgement.at
