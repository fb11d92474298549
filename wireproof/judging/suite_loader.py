"""Loads the suites without pytest: the import of each suite file fills the registry of checks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from wireproof.contract import data_files
from wireproof.contract.data_files import cache_for_suites
from wireproof.errors import ConfigError
from wireproof.judging.check import Check, registry


@cache_for_suites
def load_checks() -> dict[str, Check]:
    """Loads all suites, own ones included; returns every check by id.

    Raises ConfigError for a file of an own suite that cannot be imported.
    """
    for file in sorted((data_files.root() / "suites").glob("*/test_*.py")):
        _import_file(file)
    for file in (file for folder in data_files.own_suites() for file in sorted(folder.glob("test_*.py"))):
        try:
            _import_file(file)
        except Exception as error:
            raise ConfigError(str(file), f"it cannot be imported ({error!r})", "correct the file") from error
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
