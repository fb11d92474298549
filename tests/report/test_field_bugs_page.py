"""The page docs/deviations.md: every field bug of the catalogue, with the checks of the kill matrix."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from wireproof.mock.faults import faults
from wireproof.mock.faults.fault import read_catalogue_file
from wireproof.report.docs.field_bugs_page import field_bugs_markdown

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deviations.md"
MATRIX = json.loads((ROOT / "tests" / "matrix.json").read_text(encoding="utf-8"))
ELSEWHERE, SOURCES = read_catalogue_file("bugs_without_fault.yaml"), read_catalogue_file("bug_links.yaml")
ENTRIES = (ROOT / "tests" / "data" / "deviation-ids.txt").read_text(encoding="utf-8").split()
FAULTS = [fault.as_data() for fault in faults().values()]


def rows() -> list[list[str]]:
    lines = field_bugs_markdown(FAULTS, ELSEWHERE, SOURCES, MATRIX).splitlines()
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [cells for cells in table if cells[0] != "entry"]


def test_docs_deviations_is_up_to_date() -> None:
    page = field_bugs_markdown(FAULTS, ELSEWHERE, SOURCES, MATRIX)
    assert PAGE.read_text(encoding="utf-8") == page, "run `wireproof faults --write docs/deviations.md`"


def test_every_entry_has_a_row_and_vice_versa() -> None:
    assert list(dict.fromkeys(row[0] for row in rows())) == ENTRIES


def test_every_entry_has_a_source() -> None:
    assert len(ENTRIES) == len(set(ENTRIES)) == 217
    assert set(ENTRIES) == set(SOURCES)


def test_tests_that_the_page_names_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", "\n".join(row["belongs"] for row in ELSEWHERE.values()))
    assert named
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {name}"


def test_an_entry_has_a_fault_or_a_note() -> None:
    committed = {fault["deviation"] for fault in FAULTS}
    told = {entry for entry, row in ELSEWHERE.items() if "says" in row}
    assert set(ENTRIES) == (committed | told) & set(ENTRIES)
    assert committed.isdisjoint(told)


def test_every_note_belongs_to_an_entry() -> None:
    assert ELSEWHERE.keys() <= SOURCES.keys()
    for row in ELSEWHERE.values():
        assert row["kind"] in ("self", "gateway", "legal", "out of scope")
        assert row["belongs"]


def test_a_server_fault_lists_the_checks_that_fail() -> None:
    matrix = {"g": {"a": {"x.rare": ["c"], "x.often": ["c", "d"]}, "b": {"x.often": ["c"]}}}
    given = [{"id": name, "sentence": "It is.", "deviation": "SSE-01", "harmless": name == "h"} for name in "ghi"]
    page = field_bugs_markdown(given, {}, {"SSE-01": "a/b#1"}, matrix)
    seen = "[a/b#1](https://github.com/a/b/issues/1)"
    assert f"| SSE-01 | It is. | server | {seen} | `g` | `x.often`, `x.rare` |" in page
    assert f"| SSE-01 | It is. | legal | {seen} | `h` | none |" in page
    assert f"| SSE-01 | It is. | server | {seen} | `i` | not proved yet |" in page


def test_an_unreadable_matrix_is_reported_in_one_sentence(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "wireproof", "faults", "--write", str(tmp_path / "page.md"), "--matrix", "no-such.json"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "--matrix" in ran.stderr
