"""The command `wireproof`. Exit codes: 0 fine, 1 a promise is broken, 2 we could not ask."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from wireproof import __version__
from wireproof.errors import WireproofError

COMMANDS = (
    "check",
    "plan",
    "explain",
    "serve",
    "clauses",
    "cases",
    "faults",
    "fields",
    "prove",
    "judge",
    "report",
    "matrix",
    "history",
    "limits",
    "load",
    "sweep",
    "failover",
    "calibrate",
    "compare",
)
# These take the options of pytest or locust too, and so read their arguments themselves.
PASS_THROUGH = ("check", "load", "sweep", "failover")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what is wrong with the input is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in PASS_THROUGH:
            own: int = _import_command(arguments[0]).run(arguments[1:])
            return own
        parsed = build_parser(arguments[:1]).parse_args(arguments)
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


def build_parser(wanted: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of the wanted commands, or of every command if none of them is known."""
    made = argparse.ArgumentParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    made.add_argument("--version", action="version", version=f"wireproof {__version__}")
    added = made.add_subparsers(required=True, metavar="COMMAND")
    for name in [name for name in wanted if name in COMMANDS] or COMMANDS:
        _import_command(name).add(added)
    return made


def _import_command(name: str) -> Any:
    """The module of a command; the others need not be imported to run it."""
    return import_module(f"wireproof.cli.{name}")
