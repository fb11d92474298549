"""summary.md: a run on one screen, for the step summary of a CI job or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wireproof.formats.markdown_table import table
from wireproof.formats.safe_text import code_span
from wireproof.judging.outcomes import ERROR_OUTCOMES, PASSING_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.report.abilities_text import abilities_text
from wireproof.report.finished_run import FinishedRun, count_by_column, ranked_positions
from wireproof.report.promises_text import decided_text

MAX_ITEMS_IN_MARKDOWN = 20
COUNTED = ("pass", "broken", "advice", "skipped", "error")
EXIT_SIGNS = {0: "✅", 1: "❌"}


def to_markdown(facts: FinishedRun) -> str:
    """The Markdown page of a run."""
    report = facts.report
    sign = EXIT_SIGNS.get(report["exit"], "⚠️") if report["complete"] else "⚠️"
    counts = f"{report['requests']} requests, {len(facts.verdicts)} verdicts"
    tokens = f"{report['tokens']['input']} + {report['tokens']['output']} tokens"
    lines = [
        f"## {sign} wireproof: {headline(facts)}",
        "",
        *(line for sentence in facts.too_little for line in (f"Too little decided: {code_span(sentence)}", "")),
        *table(
            ("target", "contract", *COUNTED),
            (_column_row(facts, target, contract) for target, contract in facts.columns),
            right=COUNTED,
        ),
        "",
        *_promise_lines(facts),
        *_finding_lines(facts),
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
        return f"{len(facts.gating_positions)} judgements fail the run"
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


def _finding_lines(facts: FinishedRun) -> list[str]:
    """The failures, errors and own advice of the targets; equal findings of several cases are one line."""
    groups: dict[tuple[bool, str, str, str, str], list[Verdict]] = {}
    for at in ranked_positions(facts):
        verdict = facts.verdicts[at]
        if (
            at in facts.gating_positions
            or verdict.outcome == "error"
            or verdict.provider == facts.own_contracts.get(verdict.target)
        ):
            key = (at in facts.gating_positions, verdict.target, verdict.check, verdict.level, verdict.message)
            groups.setdefault(key, []).append(verdict)
    lines = [_finding_line(key, verdicts) for key, verdicts in groups.items()]
    return _list_section("Findings", lines)


def _finding_line(key: tuple[bool, str, str, str, str], verdicts: Sequence[Verdict]) -> str:
    gates, target, check, level, message = key
    kind = "**fails**" if gates else "error" if verdicts[0].outcome == "error" else f"advice, {level}"
    place = f"{code_span(check)} on {_cases_text(verdicts)} of {code_span(target)}"
    return f"- {kind}: {place}: {verdicts[0].requirement} {code_span(message)}"


def _cases_text(verdicts: Sequence[Verdict]) -> str:
    more = f" and {len(verdicts) - 1} more" if len(verdicts) > 1 else ""
    return code_span(verdicts[0].case) + more


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
    return _list_section("Divergences: the target's own document holds, OpenAI's does not", lines)


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
