"""`wireproof prove`: computes the kill matrix, and the gates that each fault turns red."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import (
    GATE_FILE_NAME,
    add_command_parser,
    add_matrix_option,
    add_providers_option,
    gate_file,
    read_gates,
    read_matrix,
    show_examples,
    write_file,
)
from wireproof.errors import ConfigError

if TYPE_CHECKING:
    from wireproof.proof.result import Proof

# Of the sample of derived faults; the share of them that the checks have to catch, or a reason to explain.
DEFAULT_COUNT, DEFAULT_SEED, DEFAULT_SHARE = 3000, 1, 0.97


def add(commands: Any) -> None:
    """Registers the command."""
    help = "prove that each fault is caught, and that each check and clause is broken by a fault (takes a minute)"
    parser = add_command_parser(commands, "prove", run, help)
    add_providers_option(parser)
    add_matrix_option(parser)
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID", help="id of a fault to inject (repeatable; default: all)"
    )
    text = "inject every fault on all cases that it changes, instead of only on those that the kill matrix records"
    parser.add_argument("--whole", action="store_true", help=text)
    text = (
        f"write the kill matrix to this file, and the gates to {GATE_FILE_NAME} beside it (implies --whole); "
        "with --unseen, write its page"
    )
    parser.add_argument("--write", metavar="FILE", help=text)
    text = "measure the share caught of derived faults: from the reference server's answers, and in no catalogue"
    parser.add_argument("--unseen", action="store_true", help=text)
    text = f"number of derived faults over all contracts (default: {DEFAULT_COUNT})"
    parser.add_argument("--count", type=int, metavar="N", help=text)
    parser.add_argument("--seed", type=int, metavar="N", help=f"seed of their sample (default: {DEFAULT_SEED})")
    show_examples(
        parser,
        "wireproof prove                                         # by the matrix of an earlier proof",
        "wireproof prove --provider iio --fault done-missing",
        "wireproof prove --write tests/matrix.json",
        "wireproof prove --unseen --seed 7 --provider openai",
    )


def run(options: argparse.Namespace) -> int:
    """Proves the checks, and prints or writes the kill matrix and the gates."""
    if options.unseen:
        return _measure_unseen(options)
    if options.count is not None or options.seed is not None:
        raise ConfigError("--count, --seed", "they choose among derived faults", "add --unseen")
    from wireproof.proof import kill_matrix

    providers, faults = tuple(options.provider), tuple(options.fault)
    # For some providers or faults alone, all that they break is of interest.
    whole = bool(options.whole or options.write or providers or faults)
    record = None if whole else read_matrix(options)
    gates = None if options.write else read_gates(options)
    proof = kill_matrix.prove(providers, faults, record, gates)
    if not proof.whole and (proof.has_gaps or proof.weakened):
        print("The kill matrix is outdated, so every fault is injected on all cases.", file=sys.stderr)
        proof = kill_matrix.prove(recorded_gates=gates)
    if options.write:
        write_file(Path(options.write), proof.as_matrix_file())
        write_file(gate_file(options.write), proof.as_gate_file())
    print(json.dumps(proof.as_data(), indent=1) if options.json else proof.as_text())
    return 0 if _is_sufficient(proof, providers, faults) else 1


def _measure_unseen(options: argparse.Namespace) -> int:
    """Measures the share of derived faults that the checks catch, and prints or writes it."""
    from wireproof.proof.unseen import unseen_proof

    if options.fault or options.whole:
        raise ConfigError("--fault, --whole", "derived faults are no part of the catalogue", "leave out --unseen")
    count = DEFAULT_COUNT if options.count is None else options.count
    if count < 1:
        raise ConfigError(f"--count {count}", "no fault would be derived", "give a number from 1 on")
    proof = unseen_proof.prove_unseen(
        tuple(options.provider), count, DEFAULT_SEED if options.seed is None else options.seed
    )
    if options.write:
        write_file(Path(options.write), proof.as_page())
    print(json.dumps(proof.as_data(), indent=1) if options.json else proof.as_text())
    return 0 if proof.share >= DEFAULT_SHARE else 1


def _is_sufficient(proof: Proof, providers: Sequence[str], faults: Sequence[str]) -> bool:
    """True if the proof succeeded.

    A proof of some providers need not catch all faults, and a proof of some faults need not break all checks.
    """
    if proof.alarms or proof.weakened:
        return False
    if providers:
        return not proof.excused
    caught = len(proof.caught_faults) == len(proof.matrix)
    return proof.holds if not faults else caught and not proof.excused
