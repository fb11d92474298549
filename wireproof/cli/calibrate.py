"""`wireproof calibrate`: what this client adds to what it measures, on this machine, at this load."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, show_examples, write_file


def add(commands: Any) -> None:
    """Register the command."""
    help = "measure the error of the load engine: the same load against a cell that records when it really sent"
    parser = add_command_parser(commands, "calibrate", run, help)
    option = parser.add_argument
    option("-u", "--users", type=int, default=32, metavar="N", help="users that ask at a time (default: 32)")
    option("-t", "--seconds", type=int, default=10, metavar="S", help="seconds of the load run (default: 10)")
    option("--rate", type=float, metavar="R", help="open loop: start R requests a second")
    text = "latency profile of the cell, one of load/cells.yaml (default: steady)"
    option("--latency", default="steady", metavar="NAME", help=text)
    option("--write", metavar="FILE", help="write the error as JSON, for --error-bar of `wireproof load`")
    show_examples(
        parser,
        "wireproof calibrate -u 32 -t 10 --write bar.json",
        "wireproof load stream -u 32 -t 30s --error-bar bar.json # the result tells the error",
    )


def run(options: argparse.Namespace) -> int:
    """Run the load, and tell reported less true."""
    from wireproof.load.experiments import calibration

    found = calibration.calibrate(options.users, options.seconds, options.latency, options.rate)
    if options.write:
        write_file(Path(options.write), json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1) if options.json else calibration.to_text(found))
    return 0
