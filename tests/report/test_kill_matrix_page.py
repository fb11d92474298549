"""The page docs/kill-matrix.md, and the faults with which other tools were measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wireproof.cli.faults import make_kill_matrix_page
from wireproof.contract import loading, target_options
from wireproof.contract.target_columns import columns_for
from wireproof.judging.verdict_plan import PlannedVerdict, plan_columns
from wireproof.mock.faults import faults
from wireproof.mock.faults.fault import read_catalogue_file
from wireproof.report.docs.kill_matrix_page import checks_broken_by

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "kill-matrix.md"
FILE = ROOT / "tests" / "matrix.json"
GATES = ROOT / "tests" / "gate.json"
# The description leaves these members optional; clients have come to rely on them.
DE_FACTO = {"chat-usage-missing", "stream-role-missing"}
SEEDED: dict[str, str] = read_catalogue_file("benchmark_faults.yaml")


@pytest.fixture(name="entries", scope="module")
def _entries() -> tuple[PlannedVerdict, ...]:
    """The verdict plan of the openai profile."""
    (target,) = target_options.mock_targets("openai")
    return plan_columns(target, columns_for(target.provider, loading.load_providers()), loading.load_cases())


def test_docs_kill_matrix_is_up_to_date() -> None:
    page = make_kill_matrix_page(
        [fault.as_data() for fault in faults().values()],
        json.loads(FILE.read_text(encoding="utf-8")),
        json.loads(GATES.read_text(encoding="utf-8")),
    )
    assert PAGE.read_text(encoding="utf-8") == page, "run `wireproof faults --kills docs/kill-matrix.md`"


def test_there_are_21_faults_of_the_comparison() -> None:
    assert len(SEEDED) == 21
    assert SEEDED.keys() <= faults().keys()
    assert all({"chat", "*"} & set(faults()[fault].endpoints) and not faults()[fault].harmless for fault in SEEDED)


@pytest.mark.parametrize("fault", [pytest.param(name, id=name) for name in SEEDED])
def test_each_fault_of_the_comparison_is_caught_at_its_level(fault: str, entries: tuple[PlannedVerdict, ...]) -> None:
    matrix = json.loads(FILE.read_text(encoding="utf-8"))
    assert checks_broken_by(fault, matrix, entries, "should" if fault in DE_FACTO else "must")
