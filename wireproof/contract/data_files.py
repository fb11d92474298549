"""Location of suites, schemas and contract values: in a checkout, an editable install or a wheel, and in own suites.

An own suite is a folder of a user with the files that wireproof's own data has, next to each other: providers.yaml,
clauses.yaml, cases.yaml, faults.yaml, schemas/ and test_*.py. The option `--suite` names it; `use_suites` sets it for
the process before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import _lru_cache_wrapper, cache
from pathlib import Path
from typing import TypeVar

from wireproof.errors import ConfigError

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
SUITE_PATTERNS = ("providers.yaml", "clauses.yaml", "cases.yaml", "faults.yaml", "schemas", "test_*.py")
_own_suites: tuple[Path, ...] = ()
_caches: list[Callable[[], None]] = []
Loaded = TypeVar("Loaded")


def cache_for_suites(load: Callable[..., Loaded]) -> _lru_cache_wrapper[Loaded]:
    """As `functools.cache`, for what is loaded from the suites: other own suites empty the cache."""
    cached = cache(load)
    _caches.append(cached.cache_clear)
    return cached


def use_suites(folders: Iterable[Path]) -> None:
    """Sets the own suites of this process; raises ConfigError for a folder that is none."""
    global _own_suites
    chosen = tuple(dict.fromkeys(folder.resolve() for folder in folders))
    for folder in chosen:
        if not folder.is_dir():
            raise ConfigError(f"--suite {folder}", "there is no such folder", "`wireproof init` writes one")
        if not any(any(folder.glob(pattern)) for pattern in SUITE_PATTERNS):
            files = ", ".join(SUITE_PATTERNS)
            raise ConfigError(f"--suite {folder}", "it has no file of a suite", f"name a folder with one of {files}")
    if chosen != _own_suites:
        _own_suites = chosen
        for clear in _caches:
            clear()


def own_suites() -> tuple[Path, ...]:
    """The folders of the own suites, in the order in which they were named."""
    return _own_suites


def schema_folders() -> tuple[Path, ...]:
    """The folders with schemas: wireproof's own, then those of the own suites."""
    return tuple(folder / "schemas" for folder in (root(), *_own_suites))


@cache
def root() -> Path:
    """The folder with providers.yaml, schemas/, suites/ and load/; raises ConfigError if there is none."""
    for place in (PACKAGE_FOLDER / "data", PACKAGE_FOLDER.parent):
        if (place / "providers.yaml").is_file() and (place / "suites").is_dir():
            return place
    raise ConfigError(str(PACKAGE_FOLDER), "the installation has no suites and schemas", "install wireproof again")
