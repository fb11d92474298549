"""The map of the code in docs/architecture.md, docs/proof.md and CONTRIBUTING.md names files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/architecture.md", "docs/proof.md", "CONTRIBUTING.md")
CODE = re.compile(r"`([^`\s]+\.(?:py|yaml|toml|json|md)|[\w./-]+/)`")
ROOM = re.compile(r"^\| \d \| `(\w+)/` \|", re.MULTILINE)


def missing_files(page: Path) -> list[str]:
    """The paths in code marks that are neither below the root nor below the package; a placeholder is a wildcard."""
    named = CODE.findall(page.read_text(encoding="utf-8"))
    return sorted({name for name in named if not _exists(re.sub(r"<[^>]*>|\{[^}]*\}", "*", name))})


def _exists(pattern: str) -> bool:
    folders = (
        ROOT,
        ROOT / "wireproof",
        ROOT / "docs",
        ROOT / "wireproof" / "load",
        ROOT / "wireproof" / "mock",
        ROOT / "wireproof" / "session",
    )
    return any(any(folder.glob(pattern.rstrip("/"))) for folder in folders)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_on_the_map_exists(page: str) -> None:
    assert missing_files(ROOT / page) == []


def test_a_file_that_is_gone_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`judging/judge.py`, `judging/bench.py`, `suites/<area>/cases.yaml`, `docket/`", encoding="utf-8")
    assert missing_files(page) == ["docket/", "judging/bench.py"]


def test_the_map_has_every_room_and_no_other() -> None:
    rooms = {folder.name for folder in (ROOT / "wireproof").iterdir() if (folder / "__init__.py").is_file()}
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    assert set(ROOM.findall(text)) == rooms
