"""The field bugs as a page: what happened to whom, the fault that commits it, and the checks that fall to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wireproof.formats.markdown_table import text_table

# What broke at a stream, a chunk, a tool, an answer, a list, a vector, a response, a medium, an error, a limit, on the
# wire, at a parameter, and in a tool that measures.
FIELD_BUG_AREAS = ("SSE", "CHK", "TOOL", "CHAT", "MOD", "EMB", "RESP", "MED", "ERR", "RATE", "NET", "PAR", "LOAD")
COLUMNS = ("entry", "what happens", "kind", "reported", "fault", "checks that fall")
MAX_CHECKS_PER_BUG = 6
KillMatrix = Mapping[str, Mapping[str, Mapping[str, Any]]]
FaultData = Mapping[str, Any]


def field_bugs_markdown(
    faults: Sequence[FaultData], elsewhere: Mapping[str, FaultData], sources: FaultData, matrix: KillMatrix
) -> str:
    """Every field bug, one row for each fault that commits it.

    Args:
        faults: the catalogue, each fault as data.
        elsewhere: what the faults do not tell, by entry.
        sources: the public report of each entry.
        matrix: fault → provider → check → cases, as `wireproof prove --write` gives it.
    """
    entries = sorted(sources, key=_sort_key)
    committed = {entry: [fault for fault in faults if fault["deviation"] == entry] for entry in entries}
    lines = [
        "# Bugs met in the field",
        "",
        f"{len(entries)} faults of real servers, gateways and tools, each from a public report. A server's is caught:",
        "the checks named fall to it, those first that fall at the most cases. A legal one is within the rules, and no",
        "check turns red. A tool's own (self) is held by tests of our load generator.",
        "",
        "Made by `wireproof faults --write docs/deviations.md` from wireproof/mock/faults and tests/matrix.json.",
    ]
    for area in FIELD_BUG_AREAS:
        rows = [
            row
            for entry in entries
            if entry.partition("-")[0] == area
            for row in _bug_rows(entry, committed[entry], elsewhere.get(entry, {}), sources[entry], matrix)
        ]
        lines += ["", f"## {area}", "", *text_table(COLUMNS, rows)]
    return "\n".join(lines) + "\n"


def _sort_key(entry: str) -> tuple[int, int]:
    area, _, number = entry.partition("-")
    return FIELD_BUG_AREAS.index(area), int(number)


def _bug_rows(
    entry: str, faults: Iterable[FaultData], noted: FaultData, source: str, matrix: KillMatrix
) -> Iterator[tuple[str, ...]]:
    seen = _report_link(source)
    for fault in faults:
        kind = noted.get("kind") or ("legal" if fault["harmless"] else "server")
        fallen = _broken_checks_text(fault, matrix)
        told = f"{fallen} ({noted['belongs']})" if "belongs" in noted else fallen
        yield entry, fault["sentence"], kind, seen, f"`{fault['id']}`", told
    if "says" in noted:
        yield entry, noted["says"], noted["kind"], seen, "", noted["belongs"]


def _report_link(source: str) -> str:
    repository, _, number = source.partition("#")
    return f"[{source}](https://github.com/{repository}/issues/{number})"


def _broken_checks_text(fault: FaultData, matrix: KillMatrix) -> str:
    """The checks that fall to a fault, those first that fall at the most cases; a long list is cut."""
    if fault["harmless"]:
        return "none"
    fallen = [one for broken in matrix.get(fault["id"], {}).values() for one in broken.items()]
    times: Counter[str] = Counter()
    for check, cases in fallen:
        times[check] += len(cases)
    found = sorted(times, key=lambda check: (-times[check], check))
    more = f" and {len(found) - MAX_CHECKS_PER_BUG} more" if len(found) > MAX_CHECKS_PER_BUG else ""
    return (", ".join(f"`{check}`" for check in found[:MAX_CHECKS_PER_BUG]) or "not proved yet") + more
