"""The pages of docs/cases: every case with its requests as they are sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wireproof.cli import main
from wireproof.contract import loading
from wireproof.contract.feature_pairs import find_pair_coverage
from wireproof.proof.explain import IdIndex
from wireproof.report.docs.case_pages import case_pages

FOLDER = Path(__file__).parents[2] / "docs" / "cases"
CASES = loading.load_cases()


@pytest.fixture(name="pages", scope="module")
def _pages() -> dict[str, str]:
    providers = loading.load_providers()
    index = IdIndex.from_providers(providers, {})
    return case_pages([index.explain(name) for name in index.cases], find_pair_coverage(providers.values()))


def test_docs_cases_is_up_to_date(pages: dict[str, str]) -> None:
    written = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    stale = [name for name in pages.keys() | written.keys() if pages.get(name) != written.get(name)]
    assert stale == [], "run `wireproof cases --write docs/cases`, and remove the pages of areas that are gone"


def test_every_case_has_one_heading_and_one_line_in_the_index(pages: dict[str, str]) -> None:
    headings = [
        heading for name, page in pages.items() if name != "README.md" for heading in re.findall("(?m)^## (.+)$", page)
    ]
    assert sorted(headings) == sorted(CASES)
    assert sorted(re.findall(r"(?m)^- \[([^]]+)\]", pages["README.md"])) == sorted(CASES)


def test_no_page_grows_with_the_size_of_a_body(pages: dict[str, str]) -> None:
    assert max(len(line) for page in pages.values() for line in page.splitlines()) < 800


def test_the_command_lists_the_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cases"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CASES)
    assert last == f"{len(CASES)} of {len(CASES)} cases"
