"""The cases of a load run, read from the files that hold them alone: a run starts sooner than with all suites."""

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
    """The cases of these names, as far as they exist."""
    cases = {}
    for name in names:
        if name in _files_by_case():
            file = _files_by_case()[name]
            area, entries = file.parent.name, _read_entries(file)
            (case,) = read_cases(area, {name: entries[name]}, f"suites/{area}/cases.yaml", _entries_with_bases(name))
            cases[name] = case
    return cases


def _entries_with_bases(name: str) -> dict[str, Any]:
    """The entries of a case and of its chain of bases."""
    entries_by_name = {}
    next_name: str | None = name
    while next_name in _files_by_case() and next_name not in entries_by_name:
        entries_by_name[next_name] = _read_entries(_files_by_case()[next_name])[next_name]
        next_name = entries_by_name[next_name].get("base")
    return entries_by_name


@cache
def _files_by_case() -> dict[str, Path]:
    """The file of each case, by its name."""
    files = sorted((data_files.root() / "suites").glob("*/cases.yaml"))
    return {name: file for file in files for name in CASE_NAME_LINE.findall(file.read_text(encoding="utf-8"))}


@cache
def _read_entries(file: Path) -> dict[str, Any]:
    entries: dict[str, Any] = read_yaml(file, f"suites/{file.parent.name}/cases.yaml")
    return entries
