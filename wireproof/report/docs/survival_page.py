"""The page docs/must-survive.md: the legal deviations, which every client has to survive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wireproof.formats.markdown_table import text_table
from wireproof.report.docs.field_bugs_page import report_link_markdown
from wireproof.report.docs.kill_matrix_page import FaultData

SURVIVAL_COLUMNS = ("fault", "what the client meets", "endpoints", "seen in")


def survival_markdown(faults: Sequence[FaultData]) -> str:
    """The Markdown page: one table for the deviations of any endpoint, and one for those of each other group.

    Args:
        faults: the catalogue, each fault as data.
    """
    legal = [fault for fault in faults if fault["harmless"]]
    groups = dict.fromkeys(" ".join(sorted(fault["endpoints"])) for fault in legal)
    lines = [
        "# What a client must survive",
        "",
        f"{len(legal)} deviations of the reference server that break no rule: a real server may do each of them.",
        "A client that is given one returns the same result as without it. If the request is refused, it raises its",
        "own error for the status. [client-authors.md](client-authors.md) tells how to commit one, and",
        "`wireproof faults --try ID` shows the bytes.",
        "",
        "Made by `wireproof faults --survive docs/must-survive.md` from wireproof/mock/faults.",
    ]
    for group in sorted(groups, key=lambda group: (group != "*", group)):
        heading = "Any endpoint" if group == "*" else group.replace(" ", ", ")
        rows = _survival_rows(fault for fault in legal if " ".join(sorted(fault["endpoints"])) == group)
        lines += ["", f"## {heading}", "", *text_table(SURVIVAL_COLUMNS, rows)]
    return "\n".join(lines) + "\n"


def _survival_rows(faults: Iterable[FaultData]) -> Iterator[tuple[str, ...]]:
    for fault in faults:
        seen = report_link_markdown(fault["source"]) if fault["source"] else ""
        yield f"`{fault['id']}`", fault["sentence"], ", ".join(fault["endpoints"]), seen
