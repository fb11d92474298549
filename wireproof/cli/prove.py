"""`wireproof prove`: which fault breaks which judgement."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import add_command_parser, add_matrix_option, add_providers_option, read_matrix, write_file

if TYPE_CHECKING:
    from wireproof.proof.result import Proof


def add(commands: Any) -> None:
    """Register the command."""
    help = "prove the checks: each fault is caught, and each check and clause can be broken (takes a minute)"
    parser = add_command_parser(commands, "prove", run, help)
    add_providers_option(parser)
    add_matrix_option(parser)
    parser.add_argument("--fault", action="append", default=[], metavar="ID", help="only this fault (repeatable)")
    told = "commit every fault on every case that it touches, not only where the matrix says that it shows"
    parser.add_argument("--whole", action="store_true", help=told)
    parser.add_argument("--write", metavar="FILE", help="write the exact matrix to this file; it is made whole")


def run(options: argparse.Namespace) -> int:
    """Prove the checks, and print or write what broke."""
    from wireproof.proof import kill_matrix

    providers, faults = tuple(options.provider), tuple(options.fault)
    # What is asked of some contracts or faults alone is what they break, wherever that is.
    whole = bool(options.whole or options.write or providers or faults)
    record = None if whole else read_matrix(options)
    proof = kill_matrix.prove(providers, faults, record)
    if proof.has_gaps and not proof.whole:
        print("The matrix does not show where everything breaks; every fault is committed everywhere.", file=sys.stderr)
        proof = kill_matrix.prove()
    if options.write:
        write_file(Path(options.write), proof.as_committed())
    print(json.dumps(proof.as_data(), indent=1) if options.json else proof.as_text())
    return 0 if _is_sufficient(proof, providers, faults) else 1


def _is_sufficient(proof: Proof, providers: Sequence[str], faults: Sequence[str]) -> bool:
    """Whether the proof shows what it was asked for: one contract alone need not catch all, one fault not break all."""
    if providers:
        return not proof.alarms
    return proof.holds if not faults else not proof.alarms and len(proof.caught_faults) == len(proof.matrix)
