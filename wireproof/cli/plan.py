"""`wireproof plan`: what `wireproof check` with the same options would send; it sends nothing itself."""

from __future__ import annotations

import argparse
import json
from typing import Any

from wireproof.errors import ConfigError


def add(commands: Any) -> None:
    """Register the command."""
    from wireproof.session.pytest_plugin import check_options

    help = "tell what a run would send: requests, tokens, cost and time at most (takes the options of check)"
    parser = commands.add_parser("plan", help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print JSON")
    check_options.add_options(parser.add_argument_group("options of check"))
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Print the plan of each target."""
    from wireproof.contract.target_options import TargetOptions
    from wireproof.session.run import Run
    from wireproof.session.send_plan import build_plan

    if parsed.resume:
        raise ConfigError("--resume", "a plan is made of what is sent from the start", "leave it out")
    planned = Run.from_options(TargetOptions.from_parsed(vars(parsed)))
    plans = [build_plan(trial, parsed.examples or 0) for trial in planned.trials.values()]
    planned.close()
    print(
        json.dumps([one.as_data() for one in plans], indent=1) if parsed.json else "\n".join(p.as_text() for p in plans)
    )
    return 0
