"""The page docs/deviations.md: each field bug with its report, the fault that injects it, and the checks that fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wireproof.formats.markdown_table import text_table
from wireproof.report.docs.kill_matrix_page import FaultData, KillMatrix

# Streams, chunks, tools, chat answers, model lists, embeddings, responses, media, errors, limits, transport,
# parameters, load generators.
FIELD_BUG_AREAS = ("SSE", "CHK", "TOOL", "CHAT", "MOD", "EMB", "RESP", "MED", "ERR", "RATE", "NET", "PAR", "LOAD")
FIELD_BUG_COLUMNS = ("entry", "what happens", "kind", "reported", "fault", "checks that fail")
MAX_CHECKS_PER_BUG = 6


def field_bugs_markdown(
    faults: Sequence[FaultData], elsewhere: Mapping[str, FaultData], sources: FaultData, matrix: KillMatrix
) -> str:
    """The Markdown page: every field bug, with one row for each fault that injects it.

    Args:
        faults: the catalogue, each fault as data.
        elsewhere: entry → notes about bugs that no fault injects, or that need more words.
        sources: entry → its public report.
        matrix: fault → provider → check → cases, as `wireproof prove --write` gives it.
    """
    entries = sorted(sources, key=_sort_key)
    injected = {entry: [fault for fault in faults if fault["deviation"] == entry] for entry in entries}
    lines = [
        "# Bugs met in the field",
        "",
        f"{len(entries)} bugs of real servers, gateways and tools, each from a public report. A server's bug is caught",
        "by the checks named, those first that fail on the most cases. A legal one is within the rules, and no check",
        "fails. A bug of a tool (self) is covered by tests of our load generator.",
        "",
        "Made by `wireproof faults --write docs/deviations.md` from wireproof/mock/faults and tests/matrix.json.",
    ]
    for area in FIELD_BUG_AREAS:
        rows = [
            row
            for entry in entries
            if entry.partition("-")[0] == area
            for row in _bug_rows(entry, injected[entry], elsewhere.get(entry, {}), sources[entry], matrix)
        ]
        lines += ["", f"## {area}", "", *text_table(FIELD_BUG_COLUMNS, rows)]
    return "\n".join(lines) + "\n"


def _sort_key(entry: str) -> tuple[int, int]:
    area, _, number = entry.partition("-")
    return FIELD_BUG_AREAS.index(area), int(number)


def _bug_rows(
    entry: str, faults: Iterable[FaultData], note: FaultData, source: str, matrix: KillMatrix
) -> Iterator[tuple[str, ...]]:
    report = report_link_markdown(source)
    for fault in faults:
        kind = note.get("kind") or ("legal" if fault["harmless"] else "server")
        checks = _broken_checks_text(fault, matrix)
        cell = f"{checks} ({note['belongs']})" if "belongs" in note else checks
        yield entry, fault["sentence"], kind, report, f"`{fault['id']}`", cell
    if "says" in note:
        yield entry, note["says"], note["kind"], report, "", note["belongs"]


def report_link_markdown(source: str) -> str:
    """A Markdown link to a public report, `owner/repository#number`."""
    repository, _, number = source.partition("#")
    return f"[{source}](https://github.com/{repository}/issues/{number})"


def _broken_checks_text(fault: FaultData, matrix: KillMatrix) -> str:
    """The checks that fail under a fault, those first that fail on the most cases; a long list is cut."""
    if fault["harmless"]:
        return "none"
    case_counts: Counter[str] = Counter()
    for by_check in matrix.get(fault["id"], {}).values():
        for check, cases in by_check.items():
            case_counts[check] += len(cases)
    checks = sorted(case_counts, key=lambda check: (-case_counts[check], check))
    more = f" and {len(checks) - MAX_CHECKS_PER_BUG} more" if len(checks) > MAX_CHECKS_PER_BUG else ""
    return (", ".join(f"`{check}`" for check in checks[:MAX_CHECKS_PER_BUG]) or "not proved yet") + more
