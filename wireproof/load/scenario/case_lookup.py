"""The few cases of a load run, read from the files that hold them: a run starts sooner than all suites are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from wireproof.contract import data_files
from wireproof.contract.case import Case
from wireproof.contract.case_files import read_cases
from wireproof.formats.yaml_file import read_yaml

CASE_NAME_LINE = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)


def find_cases(names: Iterable[str]) -> dict[str, Case]:
    """The cases of these names as far as they exist."""
    found = {}
    for name in names:
        if name in _files_by_case():
            entries = _read_entries(_files_by_case()[name])
            area, file = _files_by_case()[name].parent.name, f"suites/{_files_by_case()[name].parent.name}/cases.yaml"
            (case,) = read_cases(area, {name: entries[name]}, file, _entries_with_bases(name))
            found[name] = case
    return found


def _entries_with_bases(name: str) -> dict[str, Any]:
    """The entries of a case and of its chain of bases."""
    known = {}
    wanted: str | None = name
    while wanted in _files_by_case() and wanted not in known:
        known[wanted] = _read_entries(_files_by_case()[wanted])[wanted]
        wanted = known[wanted].get("base")
    return known


@cache
def _files_by_case() -> dict[str, Path]:
    """Which file holds a name."""
    files = sorted((data_files.root() / "suites").glob("*/cases.yaml"))
    return {name: file for file in files for name in CASE_NAME_LINE.findall(file.read_text(encoding="utf-8"))}


@cache
def _read_entries(file: Path) -> dict[str, Any]:
    entries: dict[str, Any] = read_yaml(file, f"suites/{file.parent.name}/cases.yaml")
    return entries
