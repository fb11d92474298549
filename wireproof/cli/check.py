"""`wireproof check`: runs pytest on the bundled suites, with wireproof's settings alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import show_examples
from wireproof.cli.option_groups import GroupsByTopic
from wireproof.errors import WireproofError

DEFINED_EXIT_CODES = frozenset({0, 1, 2})
EXIT_NOT_JUDGED = 2
HELP = "judge an endpoint or the reference server (takes pytest's options too)"
PYTEST_HELP_FLAG = "--pytest-help"


def add(commands: Any) -> None:
    """Lists the command; pytest parses its arguments, so that every option of pytest works."""
    commands.add_parser("check", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Runs pytest with these arguments; returns 0, 1 or 2, as the README defines them."""
    import pytest

    from wireproof.cli.usage_errors import UsageErrors
    from wireproof.contract import data_files

    if {"--help", "-h"} & set(arguments):
        build_parser().print_help()
        return 0
    try:
        suites = data_files.root() / "suites"
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    # A settings file of its own, because the project in the current folder may have other settings of pytest.
    settings = data_files.PACKAGE_FOLDER / "cli" / "check.toml"
    own = ["-c", str(settings), f"--rootdir={Path.cwd()}", "-p", "wireproof.plugin"]
    without = ["-p", "no:locust", "-p", "no:schemathesis"]
    words = [*own, "--import-mode=importlib", *without, str(suites), *arguments]
    if PYTEST_HELP_FLAG in arguments:
        words = [*own, *without, "--help"]
    ended = int(pytest.main(words, plugins=[UsageErrors()]))
    if ended == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("wireproof: nothing was judged, since no check and no case is selected", file=sys.stderr)
    return ended if ended in DEFINED_EXIT_CODES else EXIT_NOT_JUDGED


def build_parser() -> argparse.ArgumentParser:
    """A parser for the help alone; pytest parses the arguments."""
    from wireproof.session.pytest_plugin import check_options

    parser = argparse.ArgumentParser(prog="wireproof check", description=HELP, usage="%(prog)s [options]")
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument(PYTEST_HELP_FLAG, action="store_true", help="show every option of pytest, which work too")
    check_options.add_options(GroupsByTopic(parser))
    common = parser.add_argument_group(f"common options of pytest ({PYTEST_HELP_FLAG} shows all)").add_argument
    common(
        "-k", metavar="EXPRESSION", help="judge only checks and cases whose names match, such as 'stream and not usage'"
    )
    common("-m", metavar="EXPRESSION", help="judge only these areas and levels, such as 'models and must'")
    common("-q", "--quiet", action="store_true", help="print less: no progress, one character for each verdict")
    common("-x", "--exitfirst", action="store_true", help="stop at the first failure")
    common("--lf", "--last-failed", action="store_true", help="judge only what failed in the last run")
    common("--co", "--collect-only", action="store_true", help="list the verdicts of the run, and send nothing")
    common("-n", metavar="N", help="number of processes (pytest-xdist); each target is sent its cases by one of them")
    show_examples(
        parser,
        "wireproof check                                         # the reference server, all providers",
        "wireproof check --endpoint https://api.example/v1 --model my-model --key-env MY_KEY",
        "wireproof check --provider iio -k stream -x             # checks and cases about streams, until one fails",
        "wireproof check --endpoint https://api.example/v1 --resume reports/ledger.jsonl",
    )
    return parser
