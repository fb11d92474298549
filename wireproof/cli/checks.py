"""`wireproof checks`: lists the checks with their requirements."""

from __future__ import annotations

import argparse
import json
from typing import Any

from wireproof.cli.arguments import add_text_filter, matches_text, show_examples


def add(commands: Any) -> None:
    """Registers the command."""
    help = "list the checks with their requirements"
    parser = commands.add_parser("checks", help=help, description=help)
    add_text_filter(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    show_examples(
        parser,
        "wireproof checks                                        # one line for each check",
        "wireproof checks stream usage                           # those about the usage of streams",
        "wireproof checks retry-after --json",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the checks whose id or requirement has every text; returns 2 if there is none."""
    from wireproof.judging.suite_loader import load_checks

    checks = {id: check.requirement for id, check in sorted(load_checks().items())}
    found = {id: requirement for id, requirement in checks.items() if matches_text(options.text, id, requirement)}
    if options.json:
        print(json.dumps([{"id": id, "requirement": requirement} for id, requirement in found.items()], indent=1))
    else:
        for id, requirement in found.items():
            print(f"{id:<36} {requirement}")
        print(f"{len(found)} of {len(checks)} checks")
    return 0 if found else 2
