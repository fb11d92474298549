"""Parses command lines by the parsers that a run has, and runs nothing: a JSON list in, the error or "" of each out.

It is a process of its own, since locust patches the process that imports it.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from _pytest.config import get_config
from locust.argument_parser import get_parser

# The import registers wireproof's options and its scenarios with locust.
import wireproof.load.engine.locustfile  # noqa: F401
from wireproof.cli import load
from wireproof.cli.arguments import parse_own
from wireproof.cli.command_parsers import build_parser, command_parser
from wireproof.errors import WireproofError

WITHOUT = ("-p", "no:locust", "-p", "no:schemathesis")


def parse(words: Sequence[str]) -> None:
    """Parses one command line; exits or raises an error if a word is wrong."""
    program, *arguments = words
    command = arguments[0] if program == "wireproof" and arguments else program
    of_program: dict[str, Callable[[Sequence[str]], Any]] = {
        "pytest": parse_by_pytest,
        "check": parse_by_pytest,
        "locust": get_parser().parse_args,
        "load": lambda rest: get_parser().parse_args([word for word in rest if word != "--web"]),
        "sweep": lambda rest: parse_load_runs(command, rest),
        "failover": lambda rest: parse_load_runs(command, rest),
    }
    if command in of_program:
        of_program[command](arguments[program == "wireproof" :])
    else:
        build_parser(command).parse_args(arguments)


def parse_by_pytest(arguments: Sequence[str]) -> None:
    """Parses the arguments of `pytest` or of `wireproof check`."""
    unknown = pytest_parser().parse_known_and_unknown_args(arguments)[1]
    if unknown:
        raise WireproofError(f"pytest does not know {unknown}")


@cache
def pytest_parser() -> Any:
    """The parser of pytest with the options of its plugins, and of wireproof."""
    config = get_config([*WITHOUT])
    for name in ("wireproof.plugin", "xdist.plugin"):
        if not config.pluginmanager.has_plugin(name):
            config.pluginmanager.import_plugin(name)
    return config._parser


def parse_load_runs(command: str, arguments: Sequence[str]) -> None:
    """Parses the arguments of a command that makes load runs, and those that it passes on to them."""
    options, others = parse_own(arguments, command_parser(command), load.build_parser())
    scenario = [options.scenario] if getattr(options, "scenario", None) else []
    get_parser().parse_args([*others, *scenario])


def error_of(words: Sequence[str]) -> str:
    """The error about a command line; empty if there is none."""
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
            parse(words)
    except SystemExit as ended:
        return told.getvalue()[-300:] if ended.code else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    lines = json.load(sys.stdin)
    sys.argv[1:] = []
    print(json.dumps([error_of(words) for words in lines]))
