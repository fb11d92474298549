"""The end of a run on a terminal: verdict, causes, what was not decided, and where the report is; 40 lines at most."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from wireproof.formats.safe_text import printable, shorten
from wireproof.report.abilities_text import abilities_text
from wireproof.report.finding_groups import ADVICE, ERROR, FindingGroup
from wireproof.report.finding_text import cases_text, checks_text, difference_text
from wireproof.report.finished_run import FinishedRun
from wireproof.report.markdown_summary import headline
from wireproof.report.promises_text import promises_lines

MAX_LINES, MAX_WIDTH = 33, 80
MAX_SENTENCES, MAX_SENTENCE_LENGTH = 4, 600


def summary_lines(
    facts: FinishedRun, notes: Sequence[str] = (), *, width: int = MAX_WIDTH, lines: int = MAX_LINES
) -> list[str]:
    """The lines of the summary.

    Args:
        notes: further sentences about the run, such as a failed smoke case; the first four are told.
        width: the columns of the terminal; 80 at most are used.
        lines: the most lines that the summary may have.
    """
    columns = max(40, min(width, MAX_WIDTH))
    targets = _first_few([_target_text(facts, target) for target in facts.own_contracts])
    head = [_cut(text, columns) for text in targets]
    head += _wrapped(headline(facts).capitalize(), columns)
    for sentence in _first_few(notes):
        head += _wrapped(shorten(sentence, MAX_SENTENCE_LENGTH), columns, "  ")
    tail = [*_ability_lines(facts), *_advice_lines(facts), *_divergence_lines(facts), *_usage_lines(facts)]
    undecided = _undecided_lines(facts, lines - len(head) - len(tail))
    room = lines - len(head) - len(undecided) - len(tail)
    urgent = [group for group in facts.findings if group.kind != ADVICE]
    return [*head, *_finding_lines(urgent, room, columns), *undecided, *tail]


def _target_text(facts: FinishedRun, target: str) -> str:
    row = next(row for row in facts.report["targets"] if row["name"] == target)
    return f"{printable(target)}: {printable(row['base_url'])}, profile {row['profile']}"


def _finding_lines(groups: Sequence[FindingGroup], room: int, columns: int) -> list[str]:
    """Two lines for each cause; where the room is short one for the last ones, and then only their number."""
    shown = groups if len(groups) <= room else groups[: max(0, room - 1)]
    long = room - len(groups)
    lines = []
    for number, group in enumerate(shown, 1):
        error = "could not be judged: " if group.kind == ERROR else ""
        lines.append(_cut(f"{number:>3}. {error}{checks_text(group)}: {cases_text(group)}", columns))
        if number <= long:
            lines.append(_cut(f"     {difference_text(group)}", columns))
    if len(shown) < len(groups):
        lines.append(f"  … and {len(groups) - len(shown)} more causes, in report.html")
    return lines


def _undecided_lines(facts: FinishedRun, room: int) -> list[str]:
    """The decided and open promises of each document; a line for each if there is no room for three."""
    long = [line for one in facts.promises for line in promises_lines(one)]
    if len(long) <= min(room - 2, MAX_LINES // 3):
        return long
    short = [_cut(promises_lines(one)[0], MAX_WIDTH) for one in facts.promises]
    least = max(1, min(room - 2, MAX_LINES // 3))
    return short if len(short) <= least else [*short[: least - 1], f"… and {len(short) - least + 1} more documents"]


def _ability_lines(facts: FinishedRun) -> Iterable[str]:
    for target in facts.report["targets"]:
        if text := abilities_text(target):
            yield _cut(f"{printable(target['name'])}, {text}", MAX_WIDTH)


def _advice_lines(facts: FinishedRun) -> Iterable[str]:
    advice = [group for group in facts.findings if group.kind == ADVICE]
    if advice:
        word = "cause" if len(advice) == 1 else "causes"
        yield f"Advice that does not fail the run: {len(advice)} {word}, in report.html"


def _divergence_lines(facts: FinishedRun) -> Iterable[str]:
    count = len(facts.report["divergences"])
    if count:
        yield f"Divergences from OpenAI's document: {count}, in report.html"


def _usage_lines(facts: FinishedRun) -> Iterable[str]:
    report = facts.report
    if facts.left_out:
        yield f"{facts.left_out} verdicts of larger profiles were left out (--profile full or all)"
    yield (
        f"{report['requests']} requests, {len(facts.verdicts)} verdicts, "
        f"{report['tokens']['input']} tokens in, {report['tokens']['output']} out"
    )


def _first_few(sentences: Sequence[str]) -> list[str]:
    if len(sentences) <= MAX_SENTENCES:
        return list(sentences)
    return [*sentences[: MAX_SENTENCES - 1], f"… and {len(sentences) - MAX_SENTENCES + 1} more, in report.html"]


def _wrapped(text: str, columns: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        printable(text), columns, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def _cut(text: str, columns: int) -> str:
    line = printable(text)
    return line if len(line) <= columns else line[: columns - 1] + "…"
