"""Each ambiguity of a document has one reading, and each cited reading exists."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (AMB-([A-Z]+)-(\d{2})) \| (.+?) \| (.+?) \|$", re.MULTILINE)
CITED = re.compile(r"\bAMB-[A-Z]+-\d{2}\b")
PLACES = ("docs/*.md", "providers.yaml", "schemas/**/*.json", "schemas/**/*.yaml", "suites/**/*", "tests/**/*")
EVERY = "ALL"  # prefix of readings for all documents


def rows() -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / "docs/readings.md").read_text())


def test_the_readings_of_a_document_are_numbered_in_order() -> None:
    for prefix, found in groupby(rows(), key=lambda row: row[1]):
        numbers = [int(row[2]) for row in found]
        assert numbers == list(range(1, len(numbers) + 1)), prefix


def test_each_reading_has_one_complete_row() -> None:
    page = (ROOT / "docs/readings.md").read_text()
    ids = [row[0] for row in rows()]
    assert len(set(ids)) == len(ids)
    assert len(ids) == len(re.findall(r"^\| AMB", page, re.MULTILINE))


def test_every_document_except_openais_has_readings() -> None:
    """Defects of OpenAI's description are errata instead."""
    providers = yaml.safe_load((ROOT / "providers.yaml").read_text())["providers"]
    prefixes = {entry["clause_prefix"] for entry in providers.values()} - {"OPENAI"}
    assert {row[1] for row in rows()} == {*prefixes, EVERY}


@pytest.mark.parametrize("place", PLACES)
def test_each_cited_reading_exists(place: str) -> None:
    files = [path for path in ROOT.glob(place) if path.suffix in {".md", ".yaml", ".json", ".py"}]
    cited = {found for path in files for found in CITED.findall(path.read_text())}
    assert cited <= {row[0] for row in rows()}
