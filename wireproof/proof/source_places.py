"""The file and line of a check, a case or a fault."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from wireproof.contract import data_files, loading
from wireproof.judging.check import Check
from wireproof.mock import faults

FAULTS = data_files.PACKAGE_FOLDER / "mock" / "faults"


def check_place(check: Check) -> str:
    """The place of the function of a check."""
    code = check.function.__code__
    return _place(Path(code.co_filename), code.co_firstlineno)


def case_place(name: str) -> str:
    """The place of a case in its cases.yaml."""
    file = next(file for file, entries in loading.case_files().items() if name in entries)
    return _place(file, _line(file, f"^{re.escape(name)}:"))


def fault_places(fault: str) -> list[str]:
    """The place of a fault in its table, followed by that of its hook if the fault is written in Python."""
    row = f"^ *{re.escape(fault)}:"
    if fault not in faults.CODED_HOOKS:
        return [_first_match(tuple(sorted((FAULTS / "tables").glob("*.yaml"))), row)]
    return [
        _first_match((FAULTS / "coded_faults.yaml",), row),
        _first_match(tuple(sorted(FAULTS.glob("*.py"))), f'"{re.escape(fault)}"'),
    ]


def _first_match(files: tuple[Path, ...], pattern: str) -> str:
    """The first line of the files that matches a pattern."""
    file = next(file for file in files if re.search(pattern, _text(file), re.MULTILINE))
    return _place(file, _line(file, pattern))


def _line(file: Path, pattern: str) -> int:
    match = re.search(pattern, _text(file), re.MULTILINE)
    assert match is not None
    return _text(file).count("\n", 0, match.start()) + 1


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _place(file: Path, line: int) -> str:
    """A place as `file:line`, relative to the data folder or to the folder of the package."""
    roots = (data_files.root(), data_files.PACKAGE_FOLDER.parent)
    root = next((root for root in roots if file.is_relative_to(root)), None)
    return f"{file.relative_to(root) if root else file}:{line}"
