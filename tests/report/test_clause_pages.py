"""The pages of docs/clauses: every clause of the indexes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wireproof.contract import loading
from wireproof.contract.clause import WIRE
from wireproof.contract.target_columns import WIRE_TITLE, folder_of_column, source_of_column
from wireproof.report.docs.clause_pages import clause_page

PAGES = Path(__file__).parents[2] / "docs" / "clauses"
PROVIDERS = loading.load_providers()


@pytest.mark.parametrize("name", [WIRE, *PROVIDERS])
def test_docs_clauses_is_up_to_date(name: str) -> None:
    folder = folder_of_column(name, PROVIDERS)
    assert folder is not None
    title = WIRE_TITLE if name == WIRE else PROVIDERS[name].title
    page = clause_page(title, source_of_column(name, PROVIDERS), folder, loading.load_clauses(folder))
    assert (PAGES / f"{name}.md").read_text(encoding="utf-8") == page, "run `wireproof clauses --write docs/clauses`"


def test_every_clause_has_one_row() -> None:
    for name, provider in PROVIDERS.items():
        rows = [
            line
            for line in (PAGES / f"{name}.md").read_text().splitlines()
            if line.startswith(f"| {provider.clause_prefix}-")
        ]
        assert [row.split(" | ")[0][2:] for row in rows] == [
            clause.id for clause in loading.load_clauses(provider.schemas)
        ]


def test_a_folder_that_cannot_be_written_is_reported_in_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    ran = subprocess.run(
        [sys.executable, "-m", "wireproof", "clauses", "--provider", "iio", "--write", str(blocked / "pages")],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "--write" in ran.stderr
