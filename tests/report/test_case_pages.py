"""The pages of docs/cases: every case with its requests as they are sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wireproof.cli import main
from wireproof.contract import loading
from wireproof.proof.explain import IdIndex
from wireproof.report.docs.case_pages import case_pages

FOLDER = Path(__file__).parents[2] / "docs" / "cases"
LIBRARY = IdIndex.from_providers(loading.load_providers(), {})
PAGES = case_pages([LIBRARY.explain(name) for name in LIBRARY.cases])


@pytest.mark.parametrize("name", PAGES)
def test_docs_cases_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name], "run `wireproof cases --write docs/cases`"


def test_docs_cases_has_no_page_of_a_removed_area() -> None:
    assert {file.name for file in FOLDER.iterdir()} == PAGES.keys()


def test_every_case_has_one_heading_and_one_line_in_the_index() -> None:
    headings = [
        heading for name, page in PAGES.items() if name != "README.md" for heading in re.findall("(?m)^## (.+)$", page)
    ]
    assert sorted(headings) == sorted(LIBRARY.cases)
    assert sorted(re.findall(r"(?m)^- \[([^]]+)\]", PAGES["README.md"])) == sorted(LIBRARY.cases)


def test_no_page_grows_with_the_size_of_a_body() -> None:
    assert max(len(line) for page in PAGES.values() for line in page.splitlines()) < 800


def test_the_command_lists_the_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cases"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(LIBRARY.cases)
    assert last == f"{len(LIBRARY.cases)} cases"
