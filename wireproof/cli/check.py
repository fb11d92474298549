"""`wireproof check`: pytest over the bundled suites, with wireproof's settings alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wireproof.errors import WireproofError


def add(commands: Any) -> None:
    """Name the command in the help; pytest reads its arguments, so that each of its options works there too."""
    commands.add_parser("check", help="judge an endpoint, or the bundled mock (takes pytest's options too)")


def run(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments."""
    import pytest

    from wireproof.contract import data_files

    try:
        suites = data_files.root() / "suites"
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    # Our own settings and no one else's: the project around may have its own ideas of pytest.
    own = [
        "-c",
        str(data_files.PACKAGE_FOLDER / "cli" / "check.toml"),
        f"--rootdir={Path.cwd()}",
        "-p",
        "wireproof.plugin",
    ]
    without = ["-p", "no:locust", "-p", "no:schemathesis"]
    return int(pytest.main([*own, "--import-mode=importlib", *without, str(suites), *arguments]))
