"""The page docs/kill-matrix.md: the checks and gates that each fault breaks, the faults that break each check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.contract.clause import LEVELS
from wireproof.formats.markdown_table import text_table
from wireproof.judging.verdict_plan import PlannedVerdict

KillMatrix = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
FaultData = Mapping[str, Any]
MAX_NAMES_PER_CELL = 8
# Tools measured with the same 21 faults on a server of about a hundred lines: tool, faults caught, effort.
OTHER_TOOLS = (
    ("schemathesis 4.32.5 with the official description", 6, "1,194 requests; false alarms on tool calls and streams"),
    ("openai_test 0.1.0 of webai-at-home", 11, "95 requests"),
    ("the official Python SDK as oracle", 2, "5 requests"),
)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """The gates that faults turn red, as texts.

    Attributes:
        red: the number of faults that turn the default gate of some contract red.
        headings, rows: the table of contracts.
        legend: the meaning of its headings.
        by_fault: fault → the contracts under which it gates, and from which profile on.
        reasons: reason why faults do not turn the gate red → their number under each contract.
    """

    red: int
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Sequence[str]
    by_fault: Mapping[str, str]
    reasons: Mapping[str, str]


def checks_broken_by(
    fault: str, matrix: KillMatrix, entries: Iterable[PlannedVerdict], level: str = "may"
) -> tuple[str, ...]:
    """The checks of a verdict plan that a fault breaks at this level or a higher one, the most often broken first."""
    least = LEVELS.index(level)
    case_counts = {
        entry.check: len(broken[entry.check])
        for entry in entries
        if entry.case in (broken := matrix.get(fault, {}).get(entry.provider, {})).get(entry.check, ())
        and any(LEVELS.index(judgement.level) >= least for _, judgement in entry.clauses)
    }
    return tuple(sorted(case_counts, key=lambda check: (-case_counts[check], check)))


def kill_matrix_markdown(
    faults: Sequence[FaultData],
    matrix: KillMatrix,
    checks: Iterable[str],
    seeded: Mapping[str, str],
    entries: Sequence[PlannedVerdict],
    gates: GateFacts,
) -> str:
    """The Markdown page.

    Args:
        faults: the catalogue, each fault as data.
        matrix: fault → provider → check → cases.
        checks: the ids of all checks.
        seeded: fault → description, for the faults with which other tools were measured.
        entries: the verdict plan of the openai profile.
    """
    sorted_checks = sorted(checks)
    broken = [fault for fault in faults if not fault["harmless"]]
    caught = [fault for fault in broken if any(matrix.get(fault["id"], {}).values())]
    by_check = _faults_by_check(matrix)
    lines = [
        "# The kill matrix",
        "",
        f"{len(broken)} faults. {len(caught)} are caught: under some contract, a verdict changes.",
        f"{gates.red} turn a gate red: under some contract, a live run with one key and `--profile full` does not end "
        "with 0.",
        f"{len(sorted_checks)} checks, {sum(check in by_check for check in sorted_checks)} broken by some fault; "
        f"{len(faults) - len(broken)} more faults are legal variants and break no check.",
        "",
        "Made by `wireproof faults --kills docs/kill-matrix.md` from tests/matrix.json and tests/gate.json. `wireproof",
        "prove --write tests/matrix.json` makes these files, and tests/proof/test_kill_matrix.py compares a sample.",
        "",
        *_gates_section(gates),
        "",
        *_other_tools_section(seeded, matrix, entries),
        "",
        "## Checks and gates broken by each fault",
        "",
        "Checks over all contracts, those that fail on the most cases first. Gates by the words of the table above; a",
        "contract that is not named does not show the fault.",
        "",
        *text_table(
            ("fault", "what the server does", "checks that fail", "gates"),
            (
                (
                    f"`{fault['id']}`",
                    fault["sentence"],
                    _broken_checks_cell(matrix.get(fault["id"], {})),
                    gates.by_fault.get(fault["id"], ""),
                )
                for fault in broken
            ),
        ),
        "",
        "## Faults that break each check",
        "",
        "The narrowest fault comes first: the one that breaks the fewest checks.",
        "",
        *text_table(
            ("check", "number of faults", "faults, narrowest first"),
            (
                (f"`{check}`", str(len(by_check.get(check, ()))), _shorten_list(by_check.get(check, ())))
                for check in sorted_checks
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _gates_section(gates: GateFacts) -> list[str]:
    """The section about the gates: the counts of each contract, and the reasons why faults are not red."""
    reasons = [
        "",
        "Faults that can show and are not red, with the reason (wireproof/proof/ungated_faults.yaml):",
        "",
        *text_table(("reason", "number of faults"), gates.reasons.items()),
    ]
    return [
        "## The gates",
        "",
        "The number of faults under each contract, by their effect on the exit code:",
        "",
        *text_table(gates.headings, gates.rows),
        "",
        *(f"- {line}" for line in gates.legend),
        *(reasons if gates.reasons else ()),
    ]


def _other_tools_section(seeded: Mapping[str, str], matrix: KillMatrix, entries: Sequence[PlannedVerdict]) -> list[str]:
    """The section about the faults with which other tools were measured, and the checks that catch them here."""
    at_must = {fault: checks_broken_by(fault, matrix, entries, "must") for fault in seeded}
    at_any = {fault: checks or checks_broken_by(fault, matrix, entries) for fault, checks in at_must.items()}
    caught, gating = (sum(map(bool, by_fault.values())) for by_fault in (at_any, at_must))
    ours = ("wireproof", f"{caught} of {len(seeded)}", f"{gating} at must, {caught - gating} as advice; no false alarm")
    others = ((tool, f"{count} of {len(seeded)}", effort) for tool, count, effort in OTHER_TOOLS)
    return [
        f"## {len(seeded)} faults, wireproof beside other tools",
        "",
        "These faults of chat completions were injected into a small server to measure other tools. A tool catches a",
        "fault if its report differs from the one on the fault-free server; wireproof does if a check of the openai",
        "profile fails. Behaviour that no source demands and only SDKs rely on is advice under that profile.",
        "",
        *text_table(("tool", "caught", "how"), (ours, *others)),
        "",
        *text_table(
            ("what is wrong", "fault", "level", "checks that fail"),
            (
                (
                    says,
                    f"`{fault}`",
                    "must" if at_must[fault] else "advice",
                    _shorten_list(at_any[fault], MAX_NAMES_PER_CELL // 2) or "NOT CAUGHT",
                )
                for fault, says in seeded.items()
            ),
        ),
    ]


def _faults_by_check(matrix: KillMatrix) -> dict[str, list[str]]:
    """Check → the faults that break it, those first that break the fewest checks."""
    broken = {fault: {check for checks in by.values() for check in checks} for fault, by in matrix.items()}
    by_check: dict[str, list[str]] = {}
    for fault in sorted(broken, key=lambda fault: (len(broken[fault]), fault)):
        for check in broken[fault]:
            by_check.setdefault(check, []).append(fault)
    return by_check


def _broken_checks_cell(by_provider: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    case_counts: dict[str, int] = {}
    for checks in by_provider.values():
        for check, cases in checks.items():
            case_counts[check] = case_counts.get(check, 0) + len(cases)
    return _shorten_list(sorted(case_counts, key=lambda check: (-case_counts[check], check))) or "NOT CAUGHT"


def _shorten_list(names: Sequence[str], most: int = MAX_NAMES_PER_CELL) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"`{name}`" for name in names[:most]) + more
