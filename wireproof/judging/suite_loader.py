"""Loads the suites without pytest: the import of each suite file fills the registry of checks."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from wireproof.contract import data_files
from wireproof.judging.check import Check, registry


@cache
def load_checks() -> dict[str, Check]:
    """Loads all suites; returns every check by id."""
    for file in sorted((data_files.root() / "suites").glob("*/test_*.py")):
        _import_file(file)
    return dict(registry)


def load_file(name: str) -> None:
    """Loads one file of the suites, such as `chat/test_stream`."""
    _import_file(data_files.root() / "suites" / f"{name}.py")


def _import_file(file: Path) -> ModuleType:
    name = f"wireproof_suites.{file.parent.name}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
