"""Which faults give the evidence: of those that break a check the narrowest, and some others by a seed.

What breaks under a fault is recorded in tests/matrix.json. A fault that breaks one check tells more of it than one
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
NARROW, OTHERS = 5, 3

# Fault → provider → check → the cases on which it breaks.
Matrix = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done under one contract.

    Attributes:
        faults: the faults that are committed.
        checks: the checks that meet the faults of single members here.
    """

    faults: tuple[str, ...]
    checks: frozenset[str] = frozenset()


def choices(providers: Sequence[str], seed: int) -> dict[str, Choice]:
    """Provider → what is done under its contract.

    Faults that nothing breaks by, and those that the matrix does not know yet, are committed under OpenAI's.
    """
    matrix: Matrix = {name: by for name, by in json.loads(MATRIX.read_text()).items() if name in faults()}
    found: dict[str, set[str]] = {provider: set() for provider in providers}
    checks: dict[str, set[str]] = {provider: set() for provider in providers}
    for check, every in _breaking(matrix).items():
        _add(checks, _home({name for fault in every for name, by in matrix[fault].items() if check in by}), check)
        for fault in _drawn(matrix, check, every, seed):
            _add(found, _home({name for name, by in matrix[fault].items() if check in by}), fault)
    for fault in faults():
        if fault not in matrix:
            _add(found, loading.BASELINE_PROVIDER, fault)
    return {
        name: Choice(tuple(fault for fault in faults() if fault in found[name]), frozenset(checks[name]))
        for name in providers
    }


def _breaking(matrix: Matrix) -> dict[str, list[str]]:
    """Check → the faults that break it."""
    found: dict[str, list[str]] = {}
    for fault, by in matrix.items():
        for check in {check: None for checks in by.values() for check in checks}:
            found.setdefault(check, []).append(fault)
    return dict(sorted(found.items()))


def _drawn(matrix: Matrix, check: str, every: Sequence[str], seed: int) -> Iterator[str]:
    def width(fault: str) -> int:
        return len({check for checks in matrix[fault].values() for check in checks})

    drawn = random.Random(f"{seed} {check}").sample(every, len(every))
    yield from sorted(drawn, key=width)[:NARROW]
    yield from drawn[:OTHERS]


def _home(providers: set[str]) -> str:
    """OpenAI's contract if it is among them, else the first."""
    return loading.BASELINE_PROVIDER if loading.BASELINE_PROVIDER in providers else min(providers)


def _add(found: dict[str, set[str]], provider: str, name: str) -> None:
    if provider in found:
        found[provider].add(name)
