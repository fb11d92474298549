"""The kill matrix as a page: what each fault breaks, what breaks each check, and the figures beside other tools'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wireproof.contract.clause import LEVELS
from wireproof.formats.markdown_table import text_table
from wireproof.judging.verdict_plan import PlannedVerdict

KillMatrix = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
FaultData = Mapping[str, Any]
MAX_NAMES_PER_CELL = 8
# Tools that were measured with the same 21 faults on a server of about a hundred lines: caught, and what it took.
OTHER_TOOLS = (
    ("schemathesis 4.32.5 with the official description", 6, "1,194 requests; false alarms on tool calls and streams"),
    ("openai_test 0.1.0 of webai-at-home", 11, "95 requests"),
    ("the official Python SDK as oracle", 2, "5 requests"),
)


def checks_broken_by(
    fault: str, matrix: KillMatrix, entries: Iterable[PlannedVerdict], level: str = "may"
) -> tuple[str, ...]:
    """The checks of a docket that a fault turns red at this level or a higher one, the most often broken first."""
    least = LEVELS.index(level)
    red = {
        entry.check: len(broken[entry.check])
        for entry in entries
        if entry.case in (broken := matrix.get(fault, {}).get(entry.provider, {})).get(entry.check, ())
        and any(LEVELS.index(judgement.level) >= least for _, judgement in entry.clauses)
    }
    return tuple(sorted(red, key=lambda check: (-red[check], check)))


def kill_matrix_markdown(
    faults: Sequence[FaultData],
    matrix: KillMatrix,
    checks: Iterable[str],
    seeded: Mapping[str, str],
    entries: Sequence[PlannedVerdict],
) -> str:
    """The page.

    Args:
        faults: the catalogue, each fault as data.
        seeded: the faults that other tools were measured with, in words.
        entries: the docket of the openai profile.
    """
    known = sorted(checks)
    sharp = [fault for fault in faults if not fault["harmless"]]
    caught = [fault for fault in sharp if any(matrix.get(fault["id"], {}).values())]
    by_check = _faults_by_check(matrix)
    lines = [
        "# The kill matrix",
        "",
        f"{len(sharp)} faults, {len(caught)} caught; {len(known)} checks, {sum(check in by_check for check in known)}",
        f"broken by some fault; {len(faults) - len(sharp)} more faults are within the rules and turn nothing red.",
        "",
        "Made by `wireproof faults --kills docs/kill-matrix.md` from tests/matrix.json, which `wireproof prove --write",
        "tests/matrix.json` makes and tests/proof/test_kill_matrix.py holds down to the case.",
        "",
        *_other_tools_section(seeded, matrix, entries),
        "",
        "## What each fault breaks",
        "",
        "On whichever profile commits it; the checks that fall at the most cases stand first.",
        "",
        *text_table(
            ("fault", "what the server does", "checks that fall"),
            (
                (f"`{fault['id']}`", fault["sentence"], _broken_checks_cell(matrix.get(fault["id"], {})))
                for fault in sharp
            ),
        ),
        "",
        "## What breaks each check",
        "",
        "The fault that breaks the fewest checks stands first: it is the one that the check is for.",
        "",
        *text_table(
            ("check", "faults", "the narrowest"),
            (
                (f"`{check}`", str(len(by_check.get(check, ()))), _shorten_list(by_check.get(check, ())))
                for check in known
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _other_tools_section(seeded: Mapping[str, str], matrix: KillMatrix, entries: Sequence[PlannedVerdict]) -> list[str]:
    """The faults that other tools were measured with, and what catches them here."""
    must = {fault: checks_broken_by(fault, matrix, entries, "must") for fault in seeded}
    red = {fault: checks or checks_broken_by(fault, matrix, entries) for fault, checks in must.items()}
    caught, gating = (sum(map(bool, found.values())) for found in (red, must))
    ours = ("wireproof", f"{caught} of {len(seeded)}", f"{gating} at must, {caught - gating} as advice; no false alarm")
    others = ((tool, f"{found} of {len(seeded)}", how) for tool, found, how in OTHER_TOOLS)
    return [
        f"## {len(seeded)} faults beside other tools",
        "",
        "Faults of chat completions that stood in a small server when these tools were measured with it. One counts as",
        "caught where the report differs from that on the faultless server; here, where a check of the openai profile",
        "falls. What only SDKs have come to rely on, and no source demands, is told as advice under that profile.",
        "",
        *text_table(("tool", "caught", "how"), (ours, *others)),
        "",
        *text_table(
            ("what is wrong", "fault", "at", "checks that fall"),
            (
                (
                    says,
                    f"`{fault}`",
                    "must" if must[fault] else "advice",
                    _shorten_list(red[fault], MAX_NAMES_PER_CELL // 2) or "NOT CAUGHT",
                )
                for fault, says in seeded.items()
            ),
        ),
    ]


def _faults_by_check(matrix: KillMatrix) -> dict[str, list[str]]:
    """Check → the faults that break it, the narrowest first."""
    broken = {fault: {check for checks in by.values() for check in checks} for fault, by in matrix.items()}
    narrow = sorted(broken, key=lambda fault: (len(broken[fault]), fault))
    found: dict[str, list[str]] = {}
    for fault in narrow:
        for check in broken[fault]:
            found.setdefault(check, []).append(fault)
    return found


def _broken_checks_cell(by: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    times: dict[str, int] = {}
    for checks in by.values():
        for check, cases in checks.items():
            times[check] = times.get(check, 0) + len(cases)
    return _shorten_list(sorted(times, key=lambda check: (-times[check], check))) or "NOT CAUGHT"


def _shorten_list(names: Sequence[str], shown: int = MAX_NAMES_PER_CELL) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(f"`{name}`" for name in names[:shown]) + more
