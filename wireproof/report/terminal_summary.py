"""The closing table: target × contract × area by outcome and level, then what the run cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table

from wireproof.contract.clause import LEVELS
from wireproof.formats.safe_text import printable
from wireproof.judging.outcomes import OUTCOME_TABLE
from wireproof.judging.verdict import Divergence, Verdict

OUTCOME_COLUMNS = tuple(
    column for one in OUTCOME_TABLE for column in (reversed(LEVELS) if one.id == "fail" else (one.id,))
)
COLUMN_HEADINGS = {"must": "fail", "should": "advice\nshould", "may": "advice\nmay"} | {
    one.id: one.heading for one in OUTCOME_TABLE if one.heading
}
COLUMN_STYLES = {"pass": "green", "must": "bold red", "should": "yellow", "may": "yellow", "error": "bold red"}
MAX_FINDINGS_IN_TERMINAL = 20


def outcome_column(verdict: Verdict) -> str:
    """The column of the table a verdict counts in: its outcome, a failure by its level."""
    return verdict.level if verdict.outcome == "fail" else verdict.outcome


def count_by_area(verdicts: Iterable[Verdict]) -> dict[tuple[str, str, str], Counter[str]]:
    """(target, contract, area) → how many verdicts of each column."""
    table: dict[tuple[str, str, str], Counter[str]] = {}
    for verdict in verdicts:
        table.setdefault((verdict.target, verdict.provider, verdict.area), Counter())[outcome_column(verdict)] += 1
    return dict(sorted(table.items()))


def print_summary(
    file: IO[str],
    verdicts: Sequence[Verdict],
    own: Mapping[str, str],
    divergences: Sequence[Divergence],
    spent: Mapping[str, int],
    *,
    color: bool = False,
    width: int = 100,
) -> None:
    """Write the closing tables and figures."""
    console = Console(file=file, width=max(width, 90), force_terminal=color, no_color=not color, highlight=False)
    counted = count_by_area(verdicts)
    for target, contract in dict.fromkeys((target, contract) for target, contract, _ in counted):
        console.print(_column_table(counted, target, contract, own))
    _print_list(console, "advice: broken at should or may, which does not fail the run", _advice_items(verdicts, own))
    _print_list(
        console, "divergences: the document's own word holds, OpenAI's does not", _divergence_items(divergences)
    )
    requests = spent["requests"]
    ratio = len(verdicts) / requests if requests else 0
    console.print(
        f"{requests} requests sent, {len(verdicts)} verdicts ({ratio:.1f} a request), "
        f"tokens by usage: {spent['input']} in, {spent['output']} out"
    )


def _column_table(
    counted: Mapping[tuple[str, str, str], Counter[str]], target: str, contract: str, own: Mapping[str, str]
) -> Table:
    title = "keeps its own word" if contract == own[target] else "is OpenAI-compatible"
    if contract == own[target] == "openai":
        title = "keeps OpenAI's word"
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
    """(place, message) of what a target's own column advises; the same finding of many cases is told once."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for verdict in verdicts:
        if verdict.outcome == "fail" and verdict.level != "must" and verdict.provider == own[verdict.target]:
            key = (verdict.target, verdict.level, verdict.check, verdict.message)
            groups.setdefault(key, []).append(verdict.case)
    return [
        (f"{target}, {level}: {check} on {_first_and_count(cases)}", message)
        for (target, level, check, message), cases in groups.items()
    ]


def _divergence_items(found: Sequence[Divergence]) -> list[tuple[str, str]]:
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for one in found:
        groups.setdefault((one.target, ", ".join(one.openai), one.check, one.message), []).append(one.case)
    return [
        (f"{target}, {clauses}: {check} on {_first_and_count(cases)}", message)
        for (target, clauses, check, message), cases in groups.items()
    ]


def _first_and_count(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _print_list(console: Console, title: str, found: Sequence[tuple[str, str]]) -> None:
    if not found:
        return
    console.print(f"{title} ({len(found)})", style="bold", markup=False)
    for place, message in found[:MAX_FINDINGS_IN_TERMINAL]:
        console.print("  " + place, markup=False, overflow="ellipsis", no_wrap=True)
        console.print("      " + printable(message), markup=False, overflow="ellipsis", no_wrap=True)
    if len(found) > MAX_FINDINGS_IN_TERMINAL:
        console.print(f"  … and {len(found) - MAX_FINDINGS_IN_TERMINAL} more, in report.json")
