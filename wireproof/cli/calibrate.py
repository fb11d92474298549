"""`wireproof calibrate`: measures the error of the load engine on this machine at a given load."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, show_examples, write_file


def add(commands: Any) -> None:
    """Registers the command."""
    help = "measure the error of the load engine on this machine, against a cell that records its true send times"
    parser = add_command_parser(commands, "calibrate", run, help)
    option = parser.add_argument
    option("-u", "--users", type=int, default=32, metavar="N", help="number of concurrent users (default: 32)")
    option(
        "-t", "--seconds", type=int, default=10, metavar="S", help="duration of the load run in seconds (default: 10)"
    )
    option("--rate", type=float, metavar="R", help="start R requests a second in an open loop (default: closed loop)")
    text = "latency profile of the cell, a name of load/cells.yaml (default: steady)"
    option("--latency", default="steady", metavar="NAME", help=text)
    option("--write", metavar="FILE", help="write the error as JSON to this file, for --error-bar of `wireproof load`")
    show_examples(
        parser,
        "wireproof calibrate -u 32 -t 10 --write bar.json",
        "wireproof load stream -u 32 -t 30s --error-bar bar.json # the result shows the error",
    )


def run(options: argparse.Namespace) -> int:
    """Runs the load; prints the differences between measured and true times."""
    from wireproof.load.experiments import calibration

    result = calibration.calibrate(options.users, options.seconds, options.latency, options.rate)
    if options.write:
        write_file(Path(options.write), json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1) if options.json else calibration.to_text(result))
    return 0
