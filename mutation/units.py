"""The unit tests of the modules that judge, for what no evidence of the faults tells: run in the mutated process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from wireproof.contract import data_files

# What no fault shows of the suites is judged by hand.
BY_HAND = "answers_by_hand"
# Where the tests of a module do not have its name.
ELSEWHERE = {
    "expect_values": "expect",
    "expect_arguments": "expect",
    "expect_limits": "expect",
    "check": "judge",
    "excuses": "judge",
    "test_pictures": "picture_readers",
}


def tests_of(path: Path) -> tuple[str, ...]:
    """The unit tests of a module, if it has some."""
    names = (ELSEWHERE.get(path.stem, path.stem), *((BY_HAND,) if path.parent.parent.name != "wireproof" else ()))
    folder = data_files.root() / "tests"
    return tuple(str(file) for name in names for file in sorted(folder.glob(f"*/test_{name}.py")))


def every_test(paths: Iterable[Path]) -> tuple[str, ...]:
    """The unit tests of several modules."""
    return tuple(dict.fromkeys(file for path in paths for file in tests_of(path)))


def fail(files: Sequence[str]) -> bool:
    """Whether tests fail in this process as it is now; what they print is of no interest."""
    settings = str(data_files.root() / "tests" / "pytest.toml")
    with open(os.devnull, "w") as nowhere:
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
    plain = ("-q", "-x", "-n0", "-p", "no:cacheprovider", "--assert=plain")
    return pytest.main(["-c", settings, *plain, *files]) != pytest.ExitCode.OK
