"""The command `wireproof`. Exit codes: 0 success, 1 a requirement is violated, 2 nothing could be judged."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from wireproof import __version__
from wireproof.cli.arguments import CommandParser, show_examples
from wireproof.errors import WireproofError

COMMANDS = (
    "check",
    "plan",
    "explain",
    "serve",
    "clauses",
    "checks",
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
# These commands take options of pytest or locust too, so they parse their arguments themselves.
PASS_THROUGH = ("check", "load", "sweep", "failover")

VERSION_FLAGS = frozenset({"--version", "-V"})


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. An error in the input is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in PASS_THROUGH:
            if VERSION_FLAGS & set(arguments):
                print(f"wireproof {__version__}")
                return 0
            own_code: int = _import_command(arguments[0]).run(arguments[1:])
            return own_code
        parsed = build_parser(arguments[:1]).parse_args(arguments)
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, closed it; output that is still buffered is discarded.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        print("wireproof: interrupted, so nothing is decided", file=sys.stderr)
        return 2
    except Exception:
        # Python's own exit code for this is 1, which means that a requirement is violated.
        traceback.print_exc()
        print("wireproof: this is an error of wireproof itself, so nothing is decided", file=sys.stderr)
        return 2
    return code


def build_parser(wanted: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of the wanted commands; of all commands if none of the wanted ones exists."""
    parser = CommandParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    parser.add_argument("--version", action="version", version=f"wireproof {__version__}", help="print the version")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", title="commands; `wireproof COMMAND --help` shows the options of one"
    )
    for name in [name for name in wanted if name in COMMANDS] or COMMANDS:
        _import_command(name).add(commands)
    show_examples(
        parser,
        "wireproof check                                         # judge the reference server",
        "wireproof check --endpoint https://api.example/v1 --model my-model --key-env MY_KEY",
        "wireproof explain stream.usage                          # a requirement, and how to fix a server",
        "wireproof load stream -u 32 -t 30s --endpoint http://127.0.0.1:8000/v1 --model my-model",
    )
    return parser


def _import_command(name: str) -> Any:
    """The module of a command, imported late so that a command does not import the others."""
    return import_module(f"wireproof.cli.{name}")
