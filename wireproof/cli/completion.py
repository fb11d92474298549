"""The scripts that complete commands and options in a shell."""

from __future__ import annotations

import argparse
from typing import Any

import shtab

from wireproof.cli.command_parsers import PASS_THROUGH, build_parser, command_parser

# The placeholders of values that are files or folders.
COMPLETED_BY: dict[Any, Any] = {"FILE": shtab.FILE, "LEDGER": shtab.FILE, "DIR": shtab.DIR, "FOLDER": shtab.DIR}


def completion_script(shell: str) -> str:
    """The script of a shell for all commands with their own options, those of pytest and locust left out."""
    parser = build_parser()
    subparsers = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    for name in PASS_THROUGH:
        subparsers.choices[name] = command_parser(name)
        subparsers.choices[name].prog = f"{parser.prog} {name}"
    for each in subparsers.choices.values():
        for action in each._actions:
            if action.metavar in COMPLETED_BY:
                action.complete = COMPLETED_BY[action.metavar]
    script: str = shtab.complete(parser, shell=shell)
    return script
