"""`wireproof calibrate`: what this client adds to what it measures, on this machine, at this load."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.commands import command, write


def add(commands: Any) -> None:
    """Register the command."""
    help = "measure the error of the load engine: the same load against a cell that records when it really sent"
    parser = command(commands, "calibrate", run, help)
    parser.add_argument("-u", "--users", type=int, default=32, metavar="N", help="users (default: 32)")
    parser.add_argument("-t", "--seconds", type=int, default=10, metavar="S", help="how long (default: 10)")
    parser.add_argument("--rate", type=float, metavar="R", help="open loop: starts a second")
    parser.add_argument("--latency", default="steady", metavar="NAME", help="of the cell (load/cells.yaml)")
    parser.add_argument("--write", metavar="FILE", help="write the error bar, for --error-bar of a load run")


def run(options: argparse.Namespace) -> int:
    """Run the load, and tell reported less true."""
    from wireproof import calibration

    found = calibration.calibrate(options.users, options.seconds, options.latency, options.rate)
    if options.write:
        write(Path(options.write), json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1) if options.json else calibration.as_text(found))
    return 0
