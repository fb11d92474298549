"""The promises that a run decided, in words for the terminal, summary.md and the plan of a run."""

from __future__ import annotations

import textwrap

from wireproof.contract.clause import WIRE
from wireproof.formats.safe_text import printable, shorten
from wireproof.judging.decided_promises import DocumentPromises

TERMINAL_WIDTH, MAX_LINES_OF_TARGET = 80, 3
MAX_OPTIONS_IN_LINE, MAX_NAME_LENGTH = 2, 50


def decided_text(promises: DocumentPromises, verb: str = "decided") -> str:
    """The number of decided promises of a document."""
    document = "the wire" if promises.contract == WIRE else "this document"
    return f"{len(promises.decided)} of {promises.total} promises of {document} {verb}"


def promises_lines(promises: DocumentPromises, verb: str = "decided", *, prefix: str = "") -> list[str]:
    """The promises of one document in at most three lines of 80 columns; small groups are summed up."""
    name = shorten(printable(promises.target), MAX_NAME_LENGTH)
    head = f"{prefix}{name}: {decided_text(promises, verb)}"
    for told in range(len(promises.open), -1, -1):
        parts = [group.text(MAX_OPTIONS_IN_LINE) for group in promises.open[:told]]
        rest = sum(len(group.clauses) for group in promises.open[told:])
        if rest:
            parts.append(f"{rest} for other reasons")
        text = f"{head}; {', '.join(parts)}" if parts else head
        lines = textwrap.wrap(
            text,
            TERMINAL_WIDTH,
            subsequent_indent=" " * (len(prefix) + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
        if len(lines) <= MAX_LINES_OF_TARGET:
            break
    return lines
