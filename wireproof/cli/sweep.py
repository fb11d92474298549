"""`wireproof sweep`: the highest load that an endpoint serves as its objectives want, and its knee."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.cli.arguments import add_load_run_options, show_examples, write_file
from wireproof.errors import ConfigError

if TYPE_CHECKING:
    from wireproof.load.experiments.sweep.step import Step

HELP = "find the highest load that an endpoint carries (takes the options of load too)"


def add(commands: Any) -> None:
    """Name the command in the help; what it does not know itself goes to the load runs."""
    commands.add_parser("sweep", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Sweep; 0 the answer is resolved, 1 it is not, 2 nothing could be measured."""
    from wireproof.load.experiments import load_process
    from wireproof.load.experiments.sweep import step_runs, sweep_report
    from wireproof.load.experiments.sweep.knee import find_knee
    from wireproof.load.experiments.sweep.search import find_highest_load
    from wireproof.load.scenario.scenario import read_scenarios

    given, others = _build_parser().parse_known_args(arguments)
    limits, known = _search_bounds(given), read_scenarios(Path(given.scenarios) if given.scenarios else None)
    if given.scenario not in known:
        raise ConfigError(given.scenario, "there is no such scenario", f"name one of {', '.join(known)}")
    options = [
        *others,
        *step_runs.ceiling_options_per_step(
            {name: getattr(given, name) for name in step_runs.CEILING_OPTIONS}, limits.steps
        ),
    ]
    options += ["--scenarios", given.scenarios] if given.scenarios else []
    with load_process.open_run_target(given.host, given.provider, given.cells, given.latency, given.providers) as at:
        loads = step_runs.StepRuns(given.scenario, given.by, given.seconds, [*options, *at.options])

        def measure(load: float) -> Step:
            step = loads.measure(load)
            step_runs.print_step(step, step.verdict(limits.wanted))
            return step

        found = find_highest_load(measure, limits)
    bend = find_knee([(step.load, step.ok_s) for step in found.steps if not step.doubts])
    data = sweep_report.sweep_to_json(given.scenario, given.by, limits, found, bend)
    if given.write:
        write_file(Path(given.write), json.dumps(data, indent=1) + "\n")
    print(json.dumps(data, indent=1) if given.json else sweep_report.sweep_to_text(data))
    return 0 if not found.ended else 1


def _search_bounds(given: argparse.Namespace) -> Any:
    from wireproof.load.experiments.sweep.search import SearchBounds

    for name in ("first", "last", "precision", "share", "seconds"):
        if not getattr(given, name) > 0:
            raise ConfigError(f"--{'from' if name == 'first' else name}", "it is no positive number", "write one")
    if given.first > given.last or given.share > 1 or given.steps < 1:
        raise ConfigError("--from, --to, --share, --steps", "they do not fit together", "see wireproof sweep --help")
    return SearchBounds(given.first, given.last, given.share, given.precision, given.steps, given.by == "users")


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wireproof sweep", description=HELP, allow_abbrev=False)
    option = parser.add_argument
    option("scenario", help="scenario of load/scenarios.yaml to run at each load")
    text = "what a load is: starts a second of an open loop, or users of a closed one (default: rate)"
    option("--by", choices=("rate", "users"), default="rate", help=text)
    option("--from", dest="first", type=float, default=1.0, metavar="X", help="load of the first run (default: 1)")
    option("--to", dest="last", type=float, default=1000.0, metavar="X", help="highest load to try (default: 1000)")
    text = "share of requests that must be ok and meet every --slo (default: 0.95)"
    option("--share", type=float, default=0.95, metavar="P", help=text)
    text = "end once the answer is known this closely, as a share of the load (default: 0.1)"
    option("--precision", type=float, default=0.1, metavar="P", help=text)
    option("--steps", type=int, default=16, metavar="N", help="load runs to make at most (default: 16)")
    option("-t", "--seconds", type=float, default=15.0, metavar="S", help="seconds of each load run (default: 15)")
    add_load_run_options(parser, "sweep", provider="openai", cells=1, latency="lively")
    option("--scenarios", metavar="FILE", help="YAML file that adds scenarios or changes them")
    option("--max-requests", type=int, metavar="N", help="send no more requests than this in the whole sweep")
    text = "ask for no more output tokens than this in the whole sweep"
    option("--max-output-tokens", type=int, metavar="N", help=text)
    text = "send nothing that may make the whole sweep cost more than this"
    option("--max-cost", type=float, metavar="DOLLARS", help=text)
    show_examples(
        parser,
        "wireproof sweep stream --slo ttft=300                   # a local cell, by starts a second",
        "wireproof sweep stream --slo ttft=300 --host http://127.0.0.1:8000/v1 --model my-model",
        "wireproof sweep chat --by users --to 64 --slo e2e=500 --write sweep.json",
    )
    return parser
