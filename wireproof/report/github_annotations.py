"""annotations.txt: the causes of a red run as workflow commands, which GitHub shows as annotations of a job."""

from __future__ import annotations

from wireproof.formats.safe_text import printable, shorten
from wireproof.judging.remedies import advice_for
from wireproof.report.finding_groups import ADVICE, FindingGroup
from wireproof.report.finding_text import cases_text, checks_text, difference_text
from wireproof.report.finished_run import FinishedRun

# GitHub shows ten errors of a step and drops the others.
MAX_ANNOTATIONS = 10


def github_annotations(facts: FinishedRun) -> str:
    """One `::error` line for each of the first causes; empty if nothing fails the run."""
    urgent = [group for group in facts.findings if group.kind != ADVICE]
    return "".join(_command(group) + "\n" for group in urgent[:MAX_ANNOTATIONS])


def _command(group: FindingGroup) -> str:
    title = _escaped(f"{group.target}: {checks_text(group)}").replace(":", "%3A").replace(",", "%2C")
    parts = (cases_text(group), difference_text(group), group.requirement, advice_for(group.checks[0]))
    return f"::error title={title}::{'%0A'.join(_escaped(shorten(part)) for part in parts if part)}"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25")
