"""`wireproof sweep`: finds the highest load that an endpoint serves within its objectives, and its knee."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli import load
from wireproof.cli.arguments import add_load_run_options, parse_own, show_examples, write_file
from wireproof.cli.scenario_list import print_scenarios, wants_list
from wireproof.errors import ConfigError

if TYPE_CHECKING:
    from wireproof.load.experiments.sweep.step import Step

HELP = "find the highest load that an endpoint serves within its objectives (takes load's options too)"


def add(commands: Any) -> None:
    """Lists the command; it passes unknown options to the load runs, so it parses its arguments itself."""
    commands.add_parser("sweep", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Runs the sweep.

    Returns 0 if the highest load is found within the precision, 1 if not; raises WireproofError if nothing could be
    measured.
    """
    from wireproof.load.experiments import load_process
    from wireproof.load.experiments.sweep import step_runs, sweep_report
    from wireproof.load.experiments.sweep.knee import find_knee
    from wireproof.load.experiments.sweep.search import find_highest_load
    from wireproof.load.scenario.scenario import read_scenarios, unknown_scenario

    if wants_list(arguments):
        return print_scenarios(arguments)
    options, others = parse_own(arguments, build_parser(), load.build_parser())
    bounds, scenarios = _search_bounds(options), read_scenarios(Path(options.scenarios) if options.scenarios else None)
    if options.scenario not in scenarios:
        raise unknown_scenario(options.scenario, scenarios)
    load_options = [
        *others,
        *step_runs.ceiling_options_per_step(
            {name: getattr(options, name) for name in step_runs.CEILING_OPTIONS}, bounds.steps
        ),
    ]
    load_options += ["--scenarios", options.scenarios] if options.scenarios else []
    with load_process.open_run_target(
        options.host, options.provider, options.cells, options.latency, options.providers
    ) as run_target:
        step_options = [*load_options, *run_target.options]
        runs = step_runs.StepRuns(options.scenario, options.by, options.seconds, step_options)

        def measure(load: float) -> Step:
            step = runs.measure(load)
            step_runs.print_step(step, step.verdict(bounds.wanted))
            return step

        result = find_highest_load(measure, bounds)
    knee = find_knee([(step.load, step.ok_s) for step in result.steps if not step.doubts])
    data = sweep_report.sweep_to_json(options.scenario, options.by, bounds, result, knee, options.name)
    if options.write:
        write_file(Path(options.write), json.dumps(data, indent=1) + "\n")
    print(json.dumps(data, indent=1) if options.json else sweep_report.sweep_to_text(data))
    return 0 if not result.ended else 1


def _search_bounds(options: argparse.Namespace) -> Any:
    from wireproof.load.experiments.sweep.search import SearchBounds

    for name in ("first", "last", "precision", "share", "seconds"):
        if not getattr(options, name) > 0:
            raise ConfigError(
                f"--{'from' if name == 'first' else name}", "it is not a positive number", "give a positive number"
            )
    if options.first > options.last or options.share > 1 or options.steps < 1:
        problem = "they do not fit together"
        raise ConfigError("--from, --to, --share, --steps", problem, "see `wireproof sweep --help`")
    return SearchBounds(
        options.first, options.last, options.share, options.precision, options.steps, options.by == "users"
    )


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command's own options."""
    parser = argparse.ArgumentParser(
        prog="wireproof sweep", usage="%(prog)s [options] scenario", description=HELP, allow_abbrev=False
    )
    option = parser.add_argument
    option("scenario", help="name of a scenario of load/scenarios.yaml, which is run at each load")
    text = "unit of the load: requests started per second (open loop) or users (closed loop) (default: rate)"
    option("--by", choices=("rate", "users"), default="rate", help=text)
    option(
        "--from",
        dest="first",
        type=float,
        default=1.0,
        metavar="X",
        help="load of the first run, in the unit of --by (default: 1)",
    )
    option(
        "--to",
        dest="last",
        type=float,
        default=1000.0,
        metavar="X",
        help="highest load to try, in the unit of --by (default: 1000)",
    )
    text = "share of requests that must succeed and meet every --slo (default: 0.95)"
    option("--share", type=float, default=0.95, metavar="P", help=text)
    text = "relative precision of the highest load at which the sweep ends (default: 0.1)"
    option("--precision", type=float, default=0.1, metavar="P", help=text)
    option("--steps", type=int, default=16, metavar="N", help="maximum number of load runs (default: 16)")
    option(
        "-t",
        "--seconds",
        type=float,
        default=15.0,
        metavar="S",
        help="duration of each load run, in seconds (default: 15)",
    )
    add_load_run_options(parser, "sweep", provider="openai", cells=1, latency="lively")
    option("--scenarios", metavar="FILE", help="YAML file that adds or changes scenarios")
    option(
        "--max-requests", type=int, metavar="N", help="maximum number of requests of the whole sweep (default: none)"
    )
    text = "maximum number of requested output tokens of the whole sweep (default: none)"
    option("--max-output-tokens", type=int, metavar="N", help=text)
    text = "maximum cost of the whole sweep in dollars (default: none)"
    option("--max-cost", type=float, metavar="DOLLARS", help=text)
    show_examples(
        parser,
        "wireproof sweep stream --slo ttft=300                   # a local cell, requests per second",
        "wireproof sweep stream --slo ttft=300 --endpoint http://127.0.0.1:8000/v1 --model my-model",
        "wireproof sweep chat --by users --to 64 --slo e2e=500 --write sweep.json",
    )
    return parser
