"""`wireproof plan`: prints what `wireproof check` would send with the same options, and sends nothing."""

from __future__ import annotations

import argparse
import json
from typing import Any

from wireproof.cli.arguments import show_examples
from wireproof.cli.option_groups import GroupsByTopic
from wireproof.errors import ConfigError


def add(commands: Any) -> None:
    """Registers the command."""
    from wireproof.session.pytest_plugin import check_options

    help = "print what a run would send at most: requests, tokens, cost and time (takes the options of check)"
    parser = commands.add_parser("plan", help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    check_options.add_options(GroupsByTopic(parser))
    show_examples(
        parser,
        "wireproof plan                                          # a run on the reference server",
        "wireproof plan --endpoint https://api.example/v1 --model my-model --price 0.5,1.5",
        "wireproof plan --endpoint https://api.example/v1 --profile full --pace 20 --json",
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Prints the plan of each target."""
    from wireproof.contract.target_options import TargetOptions
    from wireproof.session.run import Run
    from wireproof.session.send_plan import build_plan

    if parsed.resume:
        raise ConfigError("--resume", "a plan is that of a new run", "leave the option out")
    run = Run.from_options(TargetOptions.from_parsed(vars(parsed)))
    plans = [build_plan(target_run, parsed.examples or 0) for target_run in run.target_runs.values()]
    run.close()
    print(
        json.dumps([plan.as_data() for plan in plans], indent=1)
        if parsed.json
        else "\n".join(plan.as_text() for plan in plans)
    )
    return 0
