"""summary.md: a run on one screen, for the step summary of a CI job or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from wireproof.formats.markdown_table import table
from wireproof.formats.safe_text import code_span
from wireproof.judging.outcomes import ERROR_OUTCOMES, PASSING_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.remedies import advice_for
from wireproof.report.abilities_text import abilities_text
from wireproof.report.finding_groups import ADVICE, ERROR, FAILS, FindingGroup
from wireproof.report.finding_text import difference_text
from wireproof.report.finished_run import FinishedRun, count_by_column
from wireproof.report.promises_text import decided_text

MAX_ITEMS_IN_MARKDOWN = 20
COUNTED = ("pass", "broken", "advice", "skipped", "error")
EXIT_SIGNS = {0: "✅", 1: "❌"}


def to_markdown(facts: FinishedRun) -> str:
    """The Markdown page of a run."""
    report = facts.report
    sign = EXIT_SIGNS.get(report["exit"], "⚠️") if report["complete"] else "⚠️"
    left_out = f" ({facts.left_out} of larger profiles left out)" if facts.left_out else ""
    counts = f"{report['requests']} requests, {len(facts.verdicts)} verdicts{left_out}"
    tokens = f"{report['tokens']['input']} + {report['tokens']['output']} tokens"
    lines = [
        f"## {sign} wireproof: {headline(facts)}",
        "",
        *(line for sentence in facts.too_little for line in (f"Too little decided: {code_span(sentence)}", "")),
        *_finding_lines(facts),
        *table(
            ("target", "contract", *COUNTED),
            (_column_row(facts, target, contract) for target, contract in facts.columns),
            right=COUNTED,
        ),
        "",
        *_promise_lines(facts),
        *_list_section(
            "Stale entries of the baseline",
            [f"- {code_span(s)}" for s in facts.report.get("baseline", {}).get("stale", ())],
        ),
        *_divergence_lines(facts),
        f"{counts}, {tokens}; wireproof {report['wireproof']}, suite {report['suite']['digest']}. "
        "`report.html` has every verdict with its evidence.",
    ]
    return "\n".join(lines) + "\n"


def headline(facts: FinishedRun) -> str:
    """The outcome of a run in one clause."""
    if not facts.report["complete"]:
        return "the run was cut off"
    if facts.report["exit"] == 2:
        return "too little could be judged" if facts.too_little else "the endpoint could not be judged"
    if facts.gating_positions:
        causes, verdicts = len(facts.failing_findings), len(facts.gating_positions)
        verb = "fails" if causes == 1 else "fail"
        return f"{_count_text(causes, 'cause')} ({_count_text(verdicts, 'verdict')}) {verb} the run"
    stale = facts.report.get("baseline", {}).get("stale", ())
    if stale:
        return f"{len(stale)} entries of the baseline are stale"
    return "the contract holds" if facts.report["exit"] == 0 else f"the run ended with exit code {facts.report['exit']}"


def _column_row(facts: FinishedRun, target: str, contract: str) -> tuple[str, ...]:
    counted = count_by_column(verdict for _, verdict in facts.column_verdicts(target, contract))
    figures = (
        sum(counted.get(name, 0) for name in PASSING_OUTCOMES),
        counted.get("must", 0) + counted.get("timed-out", 0),
        counted.get("should", 0) + counted.get("may", 0),
        sum(counted.get(name, 0) for name in SKIP_OUTCOMES),
        sum(counted.get(name, 0) for name in ERROR_OUTCOMES),
    )
    return code_span(target), facts.promise_text(target, contract), *map(str, figures)


def _promise_lines(facts: FinishedRun) -> list[str]:
    """One line for the decided and the open promises of each document, and one for the abilities of each model."""
    lines = [
        f"- {code_span(one.target)}: " + "; ".join([decided_text(one), *(group.text() for group in one.open)])
        for one in facts.promises
    ]
    told = ((row["name"], abilities_text(row)) for row in facts.report["targets"])
    lines += [f"- {code_span(name)}: {code_span(text)}" for name, text in told if text is not None]
    return [*lines, ""] if lines else []


def _count_text(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _finding_lines(facts: FinishedRun) -> list[str]:
    """The causes of failures and errors with their remedy, then the causes of advice."""
    urgent = [_finding_line(group) for group in facts.findings if group.kind != ADVICE]
    advice = [_finding_line(group) for group in facts.findings if group.kind == ADVICE]
    return _list_section("Causes", urgent) + _list_section("Advice, which does not fail the run", advice)


def _finding_line(group: FindingGroup) -> str:
    kind = {FAILS: "**fails**", ERROR: "**could not be judged**"}.get(group.kind, group.level)
    checks = ", ".join(map(code_span, group.checks))
    more = f" and {len(group.cases) - 1} more" if len(group.cases) > 1 else ""
    place = f"{_count_text(len(group.positions), 'verdict')} on {code_span(group.cases[0])}{more}"
    advice = f" *How to fix:* {advice_for(group.checks[0])}" if group.kind != ADVICE else ""
    return (
        f"- {kind}: {checks}, {place} of {code_span(group.target)}: {group.requirement} "
        f"{code_span(difference_text(group))}{advice}"
    )


def _divergence_lines(facts: FinishedRun) -> list[str]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in facts.report["divergences"]:
        groups.setdefault((row["target"], row["check"], row["message"]), []).append(row["case"])
    lines = [
        f"- {code_span(target)}: {code_span(check)} on {code_span(cases[0])}"
        + (f" and {len(cases) - 1} more" if len(cases) > 1 else "")
        + f": {code_span(message)}"
        for (target, check, message), cases in groups.items()
    ]
    return _list_section("Divergences, which do not fail the run: OpenAI's document asks for more", lines)


def _list_section(title: str, lines: Iterable[str]) -> list[str]:
    every = list(lines)
    if not every:
        return []
    rest = (
        [f"- … and {len(every) - MAX_ITEMS_IN_MARKDOWN} more, in report.json"]
        if len(every) > MAX_ITEMS_IN_MARKDOWN
        else []
    )
    summary = f"<details open><summary>{title} ({len(every)})</summary>"
    return [summary, "", *every[:MAX_ITEMS_IN_MARKDOWN], *rest, "", "</details>", ""]
