"""The command `wireproof`. Exit codes: 0 success, 1 a requirement is violated, 2 nothing could be judged."""

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
from wireproof.cli.arguments import show_examples
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
# These commands take options of pytest or locust too, so they parse their arguments themselves.
PASS_THROUGH: Mapping[str, Callable[[Sequence[str]], int]] = {
    "check": check.run,
    "load": load.run,
    "sweep": sweep.run,
    "failover": failover.run,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. An error in the input is one sentence on stderr."""
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
        # The reader of a pipe, such as `head`, closed it; output that is still buffered is discarded.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    parser.add_argument("--version", action="version", version=f"wireproof {__version__}", help="print the version")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", title="commands; `wireproof COMMAND --help` shows the options of one"
    )
    for command in COMMANDS:
        command.add(commands)
    show_examples(
        parser,
        "wireproof check                                         # judge the bundled reference server",
        "wireproof check --endpoint https://api.example/v1 --model my-model --key-env MY_KEY",
        "wireproof explain stream.usage                          # a requirement, and how to fix a server",
        "wireproof load stream -u 32 -t 30s --host http://127.0.0.1:8000/v1 --model my-model",
    )
    return parser
