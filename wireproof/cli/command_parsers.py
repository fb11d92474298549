"""The commands, and the parser of each."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from wireproof import __version__
from wireproof.cli.arguments import CommandParser, show_examples

COMMANDS = (
    "check",
    "init",
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
    "config",
)
# These commands take options of pytest or locust too, so they parse their arguments themselves.
PASS_THROUGH = ("check", "load", "sweep", "failover")
SHELLS = ("bash", "zsh", "fish")


class PrintCompletion(argparse.Action):
    """Prints the completion script of a shell, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
        # Imported late: no other command needs the library.
        from wireproof.cli.completion import completion_script

        print(completion_script(values))
        parser.exit()


def build_parser(*wanted: str) -> argparse.ArgumentParser:
    """The parser of the wanted commands; of all commands if none of the wanted ones exists."""
    parser = CommandParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    parser.add_argument("--version", action="version", version=f"wireproof {__version__}", help="print the version")
    text = "print a script that completes commands and options, to be sourced by the shell"
    parser.add_argument("--print-completion", action=PrintCompletion, choices=SHELLS, help=text)
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", title="commands; `wireproof COMMAND --help` shows the options of one"
    )
    for name in [name for name in wanted if name in COMMANDS] or COMMANDS:
        import_command(name).add(commands)
    show_examples(
        parser,
        "wireproof check                                         # judge the reference server",
        "wireproof check --endpoint https://api.example/v1 --model my-model --key-env MY_KEY",
        "wireproof explain stream.usage                          # a requirement, and how to fix a server",
        "wireproof load stream -u 32 -t 30s --endpoint http://127.0.0.1:8000/v1 --model my-model",
    )
    return parser


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of one command with all its own options."""
    if name in PASS_THROUGH:
        own: argparse.ArgumentParser = import_command(name).build_parser()
        return own
    subparsers = next(one for one in build_parser(name)._actions if isinstance(one, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = subparsers.choices[name]
    return parser


def import_command(name: str) -> Any:
    """The module of a command, imported late so that a command does not import the others."""
    return import_module(f"wireproof.cli.{name}")
