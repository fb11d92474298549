"""The command `wireproof`. Exit codes: 0 success, 1 a requirement is violated, 2 nothing could be judged."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from wireproof import __version__
from wireproof.cli.command_parsers import PASS_THROUGH, build_parser, import_command
from wireproof.cli.configuration import configured_words
from wireproof.errors import WireproofError
from wireproof.session.own_suites import use_suites

VERSION_FLAGS = frozenset({"--version", "-V"})


def _own_suites(arguments: Sequence[str]) -> list[Path]:
    """The folders that `--suite` names, for any command: they are set before anything is loaded."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--suite", action="append", default=[], type=Path)
    try:
        return list(parser.parse_known_args(list(arguments))[0].suite)
    except argparse.ArgumentError:  # the command tells it
        return []


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. An error in the input is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments:
            words = configured_words(arguments[0], arguments[1:], os.environ, Path.cwd())
            arguments[1:1] = words
        use_suites(_own_suites(arguments))
        if arguments and arguments[0] in PASS_THROUGH:
            if VERSION_FLAGS & set(arguments):
                print(f"wireproof {__version__}")
                return 0
            own_code: int = import_command(arguments[0]).run(arguments[1:])
            return own_code
        parsed = build_parser(*arguments[:1]).parse_args(arguments)
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
