"""The command `wireproof`. Exit codes: 0 fine, 1 a promise is broken, 2 we could not ask."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from wireproof import __version__
from wireproof.cli import (
    calibrate,
    cases,
    check,
    clauses,
    compare,
    explain,
    failover,
    faults,
    fields,
    history,
    judge,
    limits,
    load,
    matrix,
    plan,
    prove,
    report,
    serve,
    sweep,
)
from wireproof.errors import WireproofError

COMMANDS = (
    check,
    plan,
    explain,
    serve,
    clauses,
    cases,
    faults,
    fields,
    prove,
    judge,
    report,
    matrix,
    history,
    limits,
    load,
    sweep,
    failover,
    calibrate,
    compare,
)
# These take the options of pytest or locust too, and so read their arguments themselves.
PASS_THROUGH: Mapping[str, Callable[[Sequence[str]], int]] = {
    "check": check.run,
    "load": load.run,
    "sweep": sweep.run,
    "failover": failover.run,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what is wrong with the input is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in PASS_THROUGH:
            return PASS_THROUGH[arguments[0]](arguments[1:])
        parsed = build_parser().parse_args(arguments)
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever reads has enough, as `head` in a pipe; what is still to be said at the exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    made = argparse.ArgumentParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    made.add_argument("--version", action="version", version=f"wireproof {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return made
