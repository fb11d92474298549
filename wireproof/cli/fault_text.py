"""The text of `wireproof faults --try`: a fault, a request that shows it, and the two answers as a diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from wireproof.formats.safe_text import printable, shorten

SURVIVAL = "legal: a client must survive it"
# Of a longer line the place that differs is shown, with this much of what surrounds it.
MAX_LINE = 160
SURROUNDING = 60


def ways_to_commit(fault: str) -> list[str]:
    """The ways to commit a fault, one line each."""
    header = f"X-Wireproof-Fault: {fault}"
    counted = f"{header}; times=1; after=2"
    return [
        f"{f'wireproof serve --fault {fault}':<{len(counted)}}  on every answer",
        f"{header:<{len(counted)}}  on one request to `wireproof serve --control`",
        f"{counted}  on the third request of a key alone",
    ]


def facts_of_shown_fault(fault: Any, shown: Any) -> dict[str, Any]:
    """The facts about a fault and the request that shows it, as JSON data."""
    return {
        **fault.as_data(),
        "provider": shown.provider,
        "case": shown.case,
        "requests": shown.requests,
        "request": shown.request.decode("utf-8", "backslashreplace"),
        "answer": shown.answer.decode("utf-8", "backslashreplace"),
        "end": shown.end,
        "faulty_answer": shown.faulty_answer.decode("utf-8", "backslashreplace"),
        "faulty_end": shown.faulty_end,
    }


def shown_fault_text(facts: Mapping[str, Any]) -> str:
    """The text for a terminal."""
    number = f", request {facts['requests']}" if facts["requests"] > 1 else ""
    lines = [
        f"{facts['id']}: {facts['sentence']}" + (f" ({facts['source']})" if facts["source"] else ""),
        *([SURVIVAL] if facts["harmless"] else []),
        "",
        f"the request of {facts['case']}{number}, provider {facts['provider']}:",
        *(f"  {line}" for line in _lines(facts["request"], "")),
        "",
        *_difference(_lines(facts["answer"], facts["end"]), _lines(facts["faulty_answer"], facts["faulty_end"]), facts),
        "",
        "commit it:",
        *(f"  {line}" for line in ways_to_commit(facts["id"])),
    ]
    return "\n".join(lines)


def _lines(text: str, end: str) -> list[str]:
    """The lines of bytes as they are on the wire, each carriage return shown, and the end of the connection."""
    lines = [printable(line) for line in text.split("\n")]
    return [*(lines[:-1] if lines[-1] == "" else lines), *([f"({end})"] if end else [])]


def _difference(plain: list[str], faulty: list[str], facts: Mapping[str, Any]) -> Iterator[str]:
    """The unified diff of two answers; of long lines the place that differs is shown."""
    yield from ("--- without the fault", f"+++ with {facts['id']}")
    matcher = difflib.SequenceMatcher(None, plain, faulty, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            yield from (f"  {shorten(line, MAX_LINE)}" for line in _few(plain[start:end]))
            continue
        removed, added = plain[start:end], faulty[other_start:other_end]
        if len(removed) == len(added):
            for one, other in zip(removed, added, strict=True):
                yield from _changed_line(one, other)
            continue
        yield from (f"- {shorten(line, MAX_LINE)}" for line in _few(removed))
        yield from (f"+ {shorten(line, MAX_LINE)}" for line in _few(added))


def _few(lines: list[str], most: int = 12) -> list[str]:
    """The lines, with the middle of a long run left out."""
    if len(lines) <= most:
        return lines
    return [*lines[: most // 2], f"… {len(lines) - most} lines …", *lines[-(most // 2) :]]


def _changed_line(plain: str, faulty: str) -> Iterator[str]:
    """Both forms of a line, around the place that differs."""
    first = _common_length(plain, faulty)
    last = _common_length(plain[first:][::-1], faulty[first:][::-1])
    for sign, line in (("-", plain), ("+", faulty)):
        begin, end = max(0, first - SURROUNDING), min(len(line), len(line) - last + SURROUNDING)
        cut = f"{'…' if begin else ''}{line[begin:end]}{'…' if end < len(line) else ''}"
        yield f"{sign} {shorten(cut, 2 * MAX_LINE)}"


def _common_length(one: str, other: str) -> int:
    """The number of characters with which both texts begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
