"""`wireproof prove`: which fault breaks which judgement."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.commands import command, some_providers, write


def add(commands: Any) -> None:
    """Register the command."""
    help = "prove the checks: which fault breaks which judgement (takes minutes)"
    parser = command(commands, "prove", run, help)
    some_providers(parser)
    parser.add_argument("--fault", action="append", default=[], metavar="ID", help="only this fault (repeatable)")
    parser.add_argument("--write", metavar="FILE", help="write the exact matrix to this file")


def run(options: argparse.Namespace) -> int:
    """Prove the checks, and print or write what broke."""
    from wireproof import prove

    proof = prove.prove(tuple(options.provider), tuple(options.fault))
    if options.write:
        write(Path(options.write), proof.as_committed())
    print(json.dumps(proof.as_data(), indent=1) if options.json else proof.as_text())
    return 0 if proof.holds else 1
