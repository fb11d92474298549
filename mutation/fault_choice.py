"""The choice of faults for the evidence: for each check the narrowest that break it, and some others by a seed.

tests/matrix.json records which checks each fault breaks. A fault that breaks one check reveals more about it than one
that breaks eighty, and one contract is enough to show it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wireproof.contract import loading
from wireproof.mock.faults import faults

MATRIX = Path(__file__).parents[1] / "tests" / "matrix.json"
MAX_NARROWEST, MAX_RANDOM = 5, 3

# Fault → provider → check → the cases on which the check fails.
KillMatrix = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The faults of one contract.

    Attributes:
        faults: the faults that are injected.
        checks: the checks that are judged under the faults of single members too.
    """

    faults: tuple[str, ...]
    checks: frozenset[str] = frozenset()


def choose_faults(providers: Sequence[str], seed: int) -> dict[str, Choice]:
    """Maps each provider to the faults of its contract.

    Faults that break no check, or are not in the matrix yet, are injected under OpenAI's contract.
    """
    matrix: KillMatrix = {
        name: checks_by_provider
        for name, checks_by_provider in json.loads(MATRIX.read_text()).items()
        if name in faults()
    }
    chosen: dict[str, set[str]] = {provider: set() for provider in providers}
    checks: dict[str, set[str]] = {provider: set() for provider in providers}
    for check, breaking in _faults_by_check(matrix).items():
        _add_name(
            checks,
            _baseline_or_first(
                {
                    name
                    for fault in breaking
                    for name, checks_by_provider in matrix[fault].items()
                    if check in checks_by_provider
                }
            ),
            check,
        )
        for fault in _draw_faults(matrix, check, breaking, seed):
            _add_name(
                chosen,
                _baseline_or_first(
                    {name for name, checks_by_provider in matrix[fault].items() if check in checks_by_provider}
                ),
                fault,
            )
    for fault in faults():
        if fault not in matrix:
            _add_name(chosen, loading.BASELINE_PROVIDER, fault)
    return {
        name: Choice(tuple(fault for fault in faults() if fault in chosen[name]), frozenset(checks[name]))
        for name in providers
    }


def _faults_by_check(matrix: KillMatrix) -> dict[str, list[str]]:
    """Maps each check to the faults that break it."""
    faults_by_check: dict[str, list[str]] = {}
    for fault, checks_by_provider in matrix.items():
        for check in {check: None for checks in checks_by_provider.values() for check in checks}:
            faults_by_check.setdefault(check, []).append(fault)
    return dict(sorted(faults_by_check.items()))


def _draw_faults(matrix: KillMatrix, check: str, breaking: Sequence[str], seed: int) -> Iterator[str]:
    def width(fault: str) -> int:
        return len({check for checks in matrix[fault].values() for check in checks})

    shuffled = random.Random(f"{seed} {check}").sample(breaking, len(breaking))
    yield from sorted(shuffled, key=width)[:MAX_NARROWEST]
    yield from shuffled[:MAX_RANDOM]


def _baseline_or_first(providers: set[str]) -> str:
    """The baseline contract if it is among them, else the first."""
    return loading.BASELINE_PROVIDER if loading.BASELINE_PROVIDER in providers else min(providers)


def _add_name(chosen: dict[str, set[str]], provider: str, name: str) -> None:
    if provider in chosen:
        chosen[provider].add(name)
