"""The unit tests of the judging modules, run in the mutated process, for mutants that no evidence reveals."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from wireproof.contract import data_files

# The tests of suites on answers written by hand, for what no fault shows.
BY_HAND = "answers_by_hand"
# The tests of modules whose tests have another name.
TESTS_BY_MODULE = {
    "expect_values": "expect",
    "expect_arguments": "expect",
    "expect_limits": "expect",
    "check": "judge",
    "excuses": "judge",
    "test_pictures": "picture_readers",
}


def tests_of(path: Path) -> tuple[str, ...]:
    """The unit tests of a module; empty if there are none."""
    names = (TESTS_BY_MODULE.get(path.stem, path.stem), *((BY_HAND,) if path.parent.parent.name != "wireproof" else ()))
    folder = data_files.root() / "tests"
    return tuple(str(file) for name in names for file in sorted(folder.glob(f"*/test_{name}.py")))


def tests_of_all(paths: Iterable[Path]) -> tuple[str, ...]:
    """The unit tests of several modules, each once."""
    return tuple(dict.fromkeys(file for path in paths for file in tests_of(path)))


def tests_fail(files: Sequence[str]) -> bool:
    """True if these tests fail in this process as it is; their output is discarded."""
    settings = str(data_files.root() / "tests" / "pytest.toml")
    with open(os.devnull, "w") as null:
        for stream in (1, 2):
            os.dup2(null.fileno(), stream)
    plain = ("-q", "-x", "-n0", "-p", "no:cacheprovider", "--assert=plain")
    return pytest.main(["-c", settings, *plain, *files]) != pytest.ExitCode.OK
