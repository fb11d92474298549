"""The pages of docs/cases: one for each area with every request as it is sent, and an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import PurePath
from typing import Any

from wireproof.contract.feature_pairs import PairCoverage
from wireproof.report.docs.pair_page import pair_page
from wireproof.report.docs.request_text import Chain, numbered, request_lines, settings

CaseFacts = Mapping[str, Any]
COMMAND = "Made by `wireproof cases --write docs/cases`"


def case_pages(cases: Sequence[CaseFacts], coverage: Sequence[PairCoverage]) -> dict[str, str]:
    """File name → text of each page, from the data of `wireproof explain` about the cases and the pairs of features."""
    areas: dict[str, list[CaseFacts]] = {}
    for case in cases:
        areas.setdefault(_area(case["file"]), []).append(case)
    pages = {f"{area}.md": _page(area, of_area) for area, of_area in areas.items()}
    return {"README.md": _index(areas), "feature-pairs.md": pair_page(coverage), **pages}


def _index(areas: Mapping[str, Sequence[CaseFacts]]) -> str:
    lines = [
        f"# {sum(map(len, areas.values()))} cases",
        "",
        f"{COMMAND}. [docs/cases.md](../cases.md) explains how a case is written.",
    ]
    for area, cases in areas.items():
        lines += ["", f"## [{area}]({area}.md)", ""]
        lines += [f"- [{case['id']}]({area}.md#{case['id']}): {case['says']}" for case in cases]
    return "\n".join(lines) + "\n"


def _page(area: str, cases: Sequence[CaseFacts]) -> str:
    source = cases[0]["file"].rpartition(":")[0]
    lines = [
        f"# {area}: {len(cases)} cases",
        "",
        f"{COMMAND} from [{source}](../../{source});",
        "[docs/cases.md](../cases.md) explains how a case is written. A request is shown as it is sent to OpenAI, or",
        "else to the first provider whose contract has the case. A key is shown as the name of a variable.",
        "`{/id of answer 1}` is copied from an earlier answer of the case. Long texts and lists are cut, and followed",
        "by their size.",
    ]
    return "\n".join([*lines, *chain.from_iterable(_case(area, case) for case in cases)]) + "\n"


def _case(area: str, case: CaseFacts) -> Iterator[str]:
    yield from ("", f"## {case['id']}", "", f"{case['says']}", "", " · ".join(_facts(case)))
    shared = all(bases == case["bases"][0] for bases in case["bases"])
    if shared and case["bases"][0]:
        yield from ("", _bases(area, case["bases"][0]))
    for heading, bases, sent in numbered(case["bases"], case["sends"]):
        notes = [] if shared or not bases else [_bases(area, bases)]
        notes += [f"`{setting}`" for setting in settings(sent)]
        if notes or len(case["sends"]) > 1:
            yield from ("", ", ".join([heading.capitalize(), *notes]) + ":")
        yield from ("", *_fenced(request_lines(sent)))


def _facts(case: CaseFacts) -> Iterator[str]:
    """Yields the short facts of a case, for one line."""
    yield f"endpoint `{case['endpoint']}`"
    yield f"expects {case['aims']}"
    yield f"profile `{case['profile']}`"
    if case["repeat"]:
        yield f"sent {case['repeat']} times"
    if case["connection"] or case["together"]:
        yield "at once" if case["together"] else "over one connection"
    if case["feature"]:
        yield f"feature `{case['feature']}`"
    if case["needs"]:
        yield f"needs {', '.join(case['needs'])}"
    yield f"shown for {case['sent_to']}"


def _bases(area: str, bases: Chain) -> str:
    """The base cases of a request, each with a link and its description."""
    return "from " + " ← ".join(f"[{base['case']}]({_link(area, base)}) ({base['says']})" for base in bases)


def _link(area: str, base: Mapping[str, str]) -> str:
    other = _area(base["file"])
    return f"{'' if other == area else f'{other}.md'}#{base['case']}"


def _area(place: str) -> str:
    """The area of a case, from the path of its file."""
    return PurePath(place).parent.name


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Yields a fenced block of code, whose fence is longer than any inside it."""
    fence = "```"
    while any(line.lstrip().startswith(fence) for line in lines):
        fence += "`"
    yield from (f"{fence}http", *(line.rstrip() for line in lines), fence)
