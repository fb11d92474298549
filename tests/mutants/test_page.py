"""docs/mutation.md and its reasons."""

from __future__ import annotations

from mutation import page
from wireproof.contract import data_files

PAGE = data_files.root() / "docs" / "mutation.md"


def test_every_survivor_of_the_page_has_a_reason():
    assert "## Survivors" in PAGE.read_text()
    assert page.UNEXPLAINED not in PAGE.read_text()


def test_the_line_of_every_reason_is_in_its_file():
    lines = {file: (data_files.root() / file).read_text() for file, *_ in page.read_reasons()}

    assert [(file, was) for file, _, was, _ in page.read_reasons() if was not in lines[file]] == []


def test_every_reason_is_on_the_page():
    text = PAGE.read_text()

    assert [reason for reason in page.read_reasons().values() if reason not in text] == []
