"""A cause in words, for every report: its checks, its cases, what was expected and seen, how to repeat and mend it."""

from __future__ import annotations

from wireproof.formats.safe_text import printable, shorten
from wireproof.judging.remedies import advice_for
from wireproof.report.finding_groups import FindingGroup
from wireproof.report.finished_run import FinishedRun

MAX_CASES_IN_TEXT, MAX_VALUE_LENGTH = 12, 160


def checks_text(group: FindingGroup) -> str:
    """The checks that report a cause."""
    return ", ".join(group.checks)


def cases_text(group: FindingGroup) -> str:
    """The number of verdicts and the first case of a cause."""
    count = len(group.positions)
    verdicts = f"{count} verdict{'s' if count > 1 else ''}"
    more = f" and {len(group.cases) - 1} more" if len(group.cases) > 1 else ""
    return f"{verdicts} on {group.cases[0]}{more}"


def difference_text(group: FindingGroup) -> str:
    """The value that was seen, its place, and the expectation; the message of a verdict without these."""
    if not group.expected and not group.actual:
        return group.message or group.requirement
    place = f" at {group.where}" if group.where else ""
    return f"{shorten(group.actual, 40)}{place}, expected {shorten(group.expected, MAX_VALUE_LENGTH)}"


def detail_lines(facts: FinishedRun, group: FindingGroup) -> list[str]:
    """A cause with its clauses, cases, evidence and remedy, as lines of plain text."""
    rows = [("requirement", group.requirement), ("clause", ", ".join(group.clauses))]
    rows += [("expected", group.expected), ("actual", group.actual), ("where", group.where)]
    rows += [("also at", ", ".join(group.also)), ("cases", listed_cases(group))]
    rows += [("repeat", facts.repeat_command(group)), ("how to fix", advice_for(group.checks[0]))]
    rows += [("explain", f"wireproof explain {group.checks[0]}")]
    return [printable(f"{name:<13}{value}") for name, value in rows if value]


def listed_cases(group: FindingGroup) -> str:
    """The cases of a cause; beyond the first dozen their number."""
    more = len(group.cases) - MAX_CASES_IN_TEXT
    return ", ".join(group.cases[:MAX_CASES_IN_TEXT]) + (f" and {more} more" if more > 0 else "")
