"""File and line where a check, a case or a fault is written."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from wireproof.contract import data_files, loading
from wireproof.judging.check import Check
from wireproof.mock import faults

FAULTS = data_files.PACKAGE_FOLDER / "mock" / "faults"


def check_place(check: Check) -> str:
    """The place of a check's function."""
    code = check.function.__code__
    return _place(Path(code.co_filename), code.co_firstlineno)


def case_place(name: str) -> str:
    """The place of a case's entry."""
    file = next(file for file, entries in loading.case_files().items() if name in entries)
    return _place(file, _line(file, f"^{re.escape(name)}:"))


def fault_places(fault: str) -> list[str]:
    """The place of a fault's row, and behind it that of its function where it is written in Python."""
    row = f"^ *{re.escape(fault)}:"
    if fault not in faults.CODED_HOOKS:
        return [_found(tuple(sorted((FAULTS / "tables").glob("*.yaml"))), row)]
    return [
        _found((FAULTS / "coded_faults.yaml",), row),
        _found(tuple(sorted(FAULTS.glob("*.py"))), f'"{re.escape(fault)}"'),
    ]


def _found(files: tuple[Path, ...], pattern: str) -> str:
    """The first place in the files where a line matches."""
    file = next(file for file in files if re.search(pattern, _text(file), re.MULTILINE))
    return _place(file, _line(file, pattern))


def _line(file: Path, pattern: str) -> int:
    found = re.search(pattern, _text(file), re.MULTILINE)
    assert found is not None
    return _text(file).count("\n", 0, found.start()) + 1


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _place(file: Path, line: int) -> str:
    """A place as editors read it, from the folder of the suites or that of the package."""
    roots = (data_files.root(), data_files.PACKAGE_FOLDER.parent)
    root = next((root for root in roots if file.is_relative_to(root)), None)
    return f"{file.relative_to(root) if root else file}:{line}"
