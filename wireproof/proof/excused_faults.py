"""The excused faults: a fault turns a passing verdict into an excuse, and no other verdict of the column reports it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from wireproof.contract import data_files
from wireproof.contract.clause import LEVELS, WIRE
from wireproof.formats.yaml_file import read_yaml
from wireproof.judging.outcomes import GATING_OUTCOMES, SKIP_OUTCOMES
from wireproof.judging.verdict import Verdict
from wireproof.judging.verdict_plan import PlannedVerdict

# Reasons why a verdict may be excused under a fault, by fault and by check.
EXCUSED_FILE = "excused.yaml"
# A check and the name of its case.
CheckAndCase = tuple[str, str]


def find_excused(
    judged: Iterable[tuple[PlannedVerdict, Verdict]], passing: Collection[CheckAndCase], of_options: Collection[str]
) -> tuple[CheckAndCase, ...]:
    """The verdicts that pass without a fault and are excused under it, while the case breaks nothing as weighty.

    Args:
        judged: the verdicts of one column under one fault.
        passing: the verdicts that pass without the fault.
        of_options: the cases of options, whose honest refusal breaks no promise.
    """
    pairs = tuple(judged)
    declined = {
        case
        for planned, verdict in pairs
        for _, case in planned.cases
        if verdict.outcome == "not-offered" and case in of_options
    }
    broken: dict[str, int] = {}
    for planned, verdict in pairs:
        if verdict.outcome in GATING_OUTCOMES:
            for _, case in planned.cases:
                broken[case] = max(broken.get(case, -1), LEVELS.index(verdict.level))
    return tuple(
        (planned.check, planned.case)
        for planned, verdict in pairs
        if verdict.outcome in SKIP_OUTCOMES
        and planned.provider != WIRE  # which judges the form of an answer, and no refusal of a proper request
        and (planned.check, planned.case) in passing
        and declined.isdisjoint(case for _, case in planned.cases)
        and max(broken.get(case, -1) for _, case in planned.cases) < LEVELS.index(planned.level_by_name)
    )


def unexplained(excused: Iterable[tuple[str, str, str, str]]) -> tuple[str, ...]:
    """The (fault, provider, check, case) of excused verdicts for which no reason is written down, as sentences."""
    reasons = read_yaml(data_files.PACKAGE_FOLDER / "proof" / EXCUSED_FILE)
    by_fault: Mapping[str, str] = reasons["faults"]
    by_check: Mapping[str, Mapping[str, str]] = reasons["checks"]
    return tuple(
        f"{fault} {provider} {check} {case}"
        for fault, provider, check, case in excused
        if fault not in by_fault and not {fault, "*"}.intersection(by_check.get(check, {}))
    )
