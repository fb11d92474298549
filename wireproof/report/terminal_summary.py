"""The closing summary: a table of outcomes for each target and contract, advice, divergences, and the usage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table

from wireproof.contract.clause import LEVELS, WIRE
from wireproof.formats.safe_text import printable
from wireproof.judging.decided_promises import DocumentPromises
from wireproof.judging.outcomes import OUTCOME_TABLE
from wireproof.judging.verdict import Divergence, Verdict
from wireproof.report.abilities_text import abilities_text
from wireproof.report.promises_text import promises_lines

OUTCOME_COLUMNS = tuple(
    column for row in OUTCOME_TABLE for column in (reversed(LEVELS) if row.id == "fail" else (row.id,))
)
COLUMN_HEADINGS = {"must": "fail", "should": "advice\nshould", "may": "advice\nmay"} | {
    row.id: row.heading for row in OUTCOME_TABLE if row.heading
}
COLUMN_STYLES = {"pass": "green", "must": "bold red", "should": "yellow", "may": "yellow", "error": "bold red"}
MAX_FINDINGS_IN_TERMINAL = 20


def outcome_column(verdict: Verdict) -> str:
    """The column of the outcome tables that counts a verdict: its outcome; for a failure its level."""
    return verdict.level if verdict.outcome == "fail" else verdict.outcome


def promise_text(contract: str, own: str | None) -> str:
    """The promise that a column judges, as a heading that says nothing of the result.

    Args:
        own: the provider whose document is the target's own contract.
    """
    if contract == WIRE:
        return "the wire: rules on which any client relies"
    if contract != own:
        return "OpenAI compatibility"
    return "conformance to OpenAI's document" if contract == "openai" else "conformance to its own document"


def count_by_area(verdicts: Iterable[Verdict]) -> dict[tuple[str, str, str], Counter[str]]:
    """(target, contract, area) → the number of verdicts in each column."""
    table: dict[tuple[str, str, str], Counter[str]] = {}
    for verdict in verdicts:
        table.setdefault((verdict.target, verdict.provider, verdict.area), Counter())[outcome_column(verdict)] += 1
    return dict(sorted(table.items()))


def print_summary(
    file: IO[str],
    verdicts: Sequence[Verdict],
    own: Mapping[str, str],
    divergences: Sequence[Divergence],
    usage: Mapping[str, int],
    promises: Iterable[DocumentPromises] = (),
    targets: Iterable[Mapping[str, Any]] = (),
    *,
    color: bool = False,
    width: int = 100,
) -> None:
    """Writes the closing tables, lists and figures.

    Args:
        own: target name → the provider whose document is its own contract.
        usage: the number of `requests`, and of `input` and `output` tokens.
        promises: the promises of each target, decided and open.
        targets: the facts of each target, as in report.json.
        width: columns of the terminal; at least 90 are used.
    """
    console = Console(file=file, width=max(width, 90), force_terminal=color, no_color=not color, highlight=False)
    counted = count_by_area(verdicts)
    for target, contract in dict.fromkeys((target, contract) for target, contract, _ in counted):
        console.print(_column_table(counted, target, contract, own))
    _print_list(console, "advice: broken at should or may, which does not fail the run", _advice_items(verdicts, own))
    _print_list(
        console, "divergences: the target's own document holds, OpenAI's does not", _divergence_items(divergences)
    )
    for one in promises:
        console.print("\n".join(promises_lines(one)), markup=False)
    for facts in targets:
        if text := abilities_text(facts):
            console.print(f"{printable(facts['name'])}, {text}", markup=False, soft_wrap=True)
    requests = usage["requests"]
    ratio = len(verdicts) / requests if requests else 0
    console.print(
        f"{requests} requests sent, {len(verdicts)} verdicts ({ratio:.1f} a request), "
        f"tokens by usage: {usage['input']} in, {usage['output']} out"
    )


def _column_table(
    counted: Mapping[tuple[str, str, str], Counter[str]], target: str, contract: str, own: Mapping[str, str]
) -> Table:
    title = promise_text(contract, own[target])
    table = Table(title=f"{target}: {title}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("area", no_wrap=True)
    for column in OUTCOME_COLUMNS:
        table.add_column(COLUMN_HEADINGS.get(column, column), justify="right", style=COLUMN_STYLES.get(column, ""))
    total: Counter[str] = Counter()
    for (of, by, area), counts in counted.items():
        if (of, by) == (target, contract):
            table.add_row(area, *_count_cells(counts))
            total += counts
    table.add_section()
    table.add_row("all", *_count_cells(total))
    return table


def _count_cells(counts: Counter[str]) -> list[str]:
    return [str(counts[column] or "·") for column in OUTCOME_COLUMNS]


def _advice_items(verdicts: Iterable[Verdict], own: Mapping[str, str]) -> list[tuple[str, str]]:
    """The (place, message) pairs of advice in a target's own column; equal findings of many cases are one pair."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for verdict in verdicts:
        if verdict.outcome == "fail" and verdict.level != "must" and verdict.provider == own[verdict.target]:
            key = (verdict.target, verdict.level, verdict.check, verdict.message)
            groups.setdefault(key, []).append(verdict.case)
    return [
        (f"{target}, {level}: {check} on {_first_and_count(cases)}", message)
        for (target, level, check, message), cases in groups.items()
    ]


def _divergence_items(divergences: Sequence[Divergence]) -> list[tuple[str, str]]:
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for row in divergences:
        groups.setdefault((row.target, ", ".join(row.openai), row.check, row.message), []).append(row.case)
    return [
        (f"{target}, {clauses}: {check} on {_first_and_count(cases)}", message)
        for (target, clauses, check, message), cases in groups.items()
    ]


def _first_and_count(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _print_list(console: Console, title: str, items: Sequence[tuple[str, str]]) -> None:
    if not items:
        return
    console.print(f"{title} ({len(items)})", style="bold", markup=False)
    for place, message in items[:MAX_FINDINGS_IN_TERMINAL]:
        console.print("  " + place, markup=False, overflow="ellipsis", no_wrap=True)
        console.print("      " + printable(message), markup=False, overflow="ellipsis", no_wrap=True)
    if len(items) > MAX_FINDINGS_IN_TERMINAL:
        console.print(f"  … and {len(items) - MAX_FINDINGS_IN_TERMINAL} more, in report.json")
