"""The command `wireproof`. Exit codes: 0 fine, 1 a promise is broken, 2 we could not ask."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wireproof import __version__
from wireproof.commands import (
    calibrate,
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what is wrong with the input is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["check"]:
        return check.run(arguments[1:])
    if arguments[:1] == ["load"]:
        return load.run(arguments[1:])
    try:
        for own, command in (("sweep", sweep), ("failover", failover)):
            if arguments[:1] == [own]:
                ended: int = command.run(arguments[1:])
                return ended
        parsed = parser().parse_args(arguments)
        code: int = parsed.run(parsed)
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    made = argparse.ArgumentParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    made.add_argument("--version", action="version", version=f"wireproof {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return made
