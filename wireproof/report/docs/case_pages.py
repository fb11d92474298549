"""The cases as pages: one an area with every request as it is sent, and an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import PurePath
from typing import Any

from wireproof.report.docs.request_text import Chain, numbered, request_lines, settings

Facts = Mapping[str, Any]
COMMAND = "Made by `wireproof cases --write docs/cases`"


def case_pages(cases: Sequence[Facts]) -> dict[str, str]:
    """The text of each page by file name, from what `wireproof explain` tells of the cases."""
    areas: dict[str, list[Facts]] = {}
    for case in cases:
        areas.setdefault(_area(case["file"]), []).append(case)
    pages = {f"{area}.md": _page(area, found) for area, found in areas.items()}
    return {"README.md": _index(areas), **pages}


def _index(areas: Mapping[str, Sequence[Facts]]) -> str:
    lines = [
        f"# {sum(map(len, areas.values()))} cases",
        "",
        f"{COMMAND}. [docs/cases.md](../cases.md) explains how a case is written.",
    ]
    for area, cases in areas.items():
        lines += ["", f"## [{area}]({area}.md)", ""]
        lines += [f"- [{case['id']}]({area}.md#{case['id']}): {case['says']}" for case in cases]
    return "\n".join(lines) + "\n"


def _page(area: str, cases: Sequence[Facts]) -> str:
    source = f"suites/{area}/cases.yaml"
    lines = [
        f"# {area}: {len(cases)} cases",
        "",
        f"{COMMAND} from [{source}](../../{source});",
        "[docs/cases.md](../cases.md) explains how a case is written. A request is shown as OpenAI gets it, or else",
        "the first provider whose contract has the case. A key is shown as the name of a variable, and",
        "`{/id of answer 1}` is taken from an earlier answer of the case. Long texts and lists are cut, with their",
        "size behind them.",
    ]
    return "\n".join([*lines, *chain.from_iterable(_case(area, case) for case in cases)]) + "\n"


def _case(area: str, case: Facts) -> Iterator[str]:
    yield from ("", f"## {case['id']}", "", f"{case['says']}", "", " · ".join(_facts(case)))
    shared = all(bases == case["bases"][0] for bases in case["bases"])
    if shared and case["bases"][0]:
        yield from ("", _bases(area, case["bases"][0]))
    for heading, bases, sent in numbered(case["bases"], case["sends"]):
        told = [] if shared or not bases else [_bases(area, bases)]
        told += [f"`{setting}`" for setting in settings(sent)]
        if told or len(case["sends"]) > 1:
            yield from ("", ", ".join([heading.capitalize(), *told]) + ":")
        yield from ("", *_fenced(request_lines(sent)))


def _facts(case: Facts) -> Iterator[str]:
    """The short facts of a case, in one line."""
    yield f"endpoint `{case['endpoint']}`"
    yield f"expects {case['aims']}"
    yield f"profile `{case['profile']}`"
    if case["repeat"]:
        yield f"asked {case['repeat']} times"
    if case["connection"] or case["together"]:
        yield "at once" if case["together"] else "over one connection"
    if case["feature"]:
        yield f"feature `{case['feature']}`"
    if case["needs"]:
        yield f"needs {', '.join(case['needs'])}"
    yield f"shown for {case['sent_to']}"


def _bases(area: str, bases: Chain) -> str:
    """The cases that a request starts from, each with a link and with what it is for."""
    return "from " + " ← ".join(f"[{base['case']}]({_link(area, base)}) ({base['says']})" for base in bases)


def _link(area: str, base: Mapping[str, str]) -> str:
    other = _area(base["file"])
    return f"{'' if other == area else f'{other}.md'}#{base['case']}"


def _area(place: str) -> str:
    """The area of a case, from the place of its entry."""
    return PurePath(place).parent.name


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """A block of code that nothing in it ends."""
    fence = "```"
    while any(line.lstrip().startswith(fence) for line in lines):
        fence += "`"
    yield from (f"{fence}http", *(line.rstrip() for line in lines), fence)
