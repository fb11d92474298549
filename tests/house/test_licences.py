"""Files of other authors are named with their licences in the repository, in the wheel and in the pages it writes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from wireproof.report import html_page

ROOT = Path(__file__).parents[2]
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
UPLOT = (html_page.PAGE_FOLDER / "uplot.LICENSE").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(
    "pattern", ["wireproof/**/*.min.*", "suites/**/speech.*", "suites/**/dictation.*", "tests/data/sarif/*.json"]
)
def test_the_notice_names_each_third_party_file(pattern: str) -> None:
    files = list(ROOT.glob(pattern))
    assert files
    assert [file.name for file in files if file.name not in NOTICE] == []


def test_each_file_that_the_notice_names_exists() -> None:
    paragraphs = NOTICE.split("\n\n")[2:]
    named = [paragraph.splitlines()[0].split(", ") for paragraph in paragraphs]
    assert named
    for first, *others in named:
        folder = (ROOT / first).parent
        assert [name for name in others if not (folder / name).exists() and not (ROOT / name).exists()] == []
        assert (ROOT / first).exists()


def test_the_wheel_contains_the_licences_of_its_files(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        kept = {name.partition("/licenses/")[2] for name in names if "/licenses/" in name}
        assert {"LICENSE", "NOTICE", "wireproof/report/page/uplot.LICENSE"} <= kept
        assert "wireproof/data/suites/transcriptions/README.md" in names
        assert not [name for name in names if "sarif-schema" in name or name.startswith("tests/")]


def test_a_page_with_plots_contains_the_licence_of_the_plotter() -> None:
    assert UPLOT in html_page.inline_file("uplot.min.css")
