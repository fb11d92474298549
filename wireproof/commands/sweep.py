"""`wireproof sweep`: the highest load that an endpoint serves as its objectives want, and its knee."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wireproof.commands import runs_of_load, write
from wireproof.errors import ConfigError

if TYPE_CHECKING:
    from wireproof.sweep.step import Step

HELP = "find the highest load that an endpoint carries (takes the options of load too)"


def add(commands: Any) -> None:
    """Name the command in the help; what it does not know itself goes to the load runs."""
    commands.add_parser("sweep", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Sweep; 0 the answer is resolved, 1 it is not, 2 nothing could be measured."""
    from wireproof.load import apart
    from wireproof.load.scenario import scenarios
    from wireproof.sweep import report, runs
    from wireproof.sweep.knee import knee
    from wireproof.sweep.search import search

    given, others = _parser().parse_known_args(arguments)
    limits, known = _limits(given), scenarios(Path(given.scenarios) if given.scenarios else None)
    if given.scenario not in known:
        raise ConfigError(given.scenario, "there is no such scenario", f"name one of {', '.join(known)}")
    options = [*others, *runs.shared_out({name: getattr(given, name) for name in runs.CEILINGS}, limits.steps)]
    options += ["--scenarios", given.scenarios] if given.scenarios else []
    with apart.aimed(given.host, given.provider, given.cells, given.latency, given.providers) as at:
        loads = runs.Runs(given.scenario, given.by, given.seconds, [*options, *at.options])

        def measure(load: float) -> Step:
            step = loads.measure(load)
            runs.progress(step, step.verdict(limits.wanted))
            return step

        found = search(measure, limits)
    bend = knee([(step.load, step.ok_s) for step in found.steps if not step.doubts])
    data = report.as_data(given.scenario, given.by, limits, found, bend)
    if given.write:
        write(Path(given.write), json.dumps(data, indent=1) + "\n")
    print(json.dumps(data, indent=1) if given.json else report.as_text(data))
    return 0 if not found.ended else 1


def _limits(given: argparse.Namespace) -> Any:
    from wireproof.sweep.search import Limits

    for name in ("first", "last", "precision", "share", "seconds"):
        if not getattr(given, name) > 0:
            raise ConfigError(f"--{'from' if name == 'first' else name}", "it is no positive number", "write one")
    if given.first > given.last or given.share > 1 or given.steps < 1:
        raise ConfigError("--from, --to, --share, --steps", "they do not fit together", "see wireproof sweep --help")
    return Limits(given.first, given.last, given.share, given.precision, given.steps, given.by == "users")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wireproof sweep", description=HELP, allow_abbrev=False)
    parser.add_argument("scenario", help="a scenario of load/scenarios.yaml")
    parser.add_argument("--by", choices=("rate", "users"), default="rate", help="open or closed loop (default: rate)")
    parser.add_argument(
        "--from", dest="first", type=float, default=1.0, metavar="X", help="the first load (default: 1)"
    )
    parser.add_argument("--to", dest="last", type=float, default=1000.0, metavar="X", help="the last (default: 1000)")
    parser.add_argument(
        "--share", type=float, default=0.95, metavar="P", help="of requests that must be good (default: 0.95)"
    )
    parser.add_argument(
        "--precision", type=float, default=0.1, metavar="P", help="how close the answer is (default: 0.1)"
    )
    parser.add_argument("--steps", type=int, default=16, metavar="N", help="load runs at most (default: 16)")
    parser.add_argument("-t", "--seconds", type=float, default=15.0, metavar="S", help="of each run (default: 15)")
    runs_of_load(parser, "sweep", provider="openai", cells=1, latency="lively")
    parser.add_argument("--scenarios", metavar="FILE", help="a YAML file that adds scenarios or changes them")
    parser.add_argument("--max-requests", type=int, metavar="N", help="of the sweep, shared out over its steps")
    parser.add_argument("--max-output-tokens", type=int, metavar="N", help="of the sweep, shared out over its steps")
    parser.add_argument("--max-cost", type=float, metavar="DOLLARS", help="of the sweep, shared out over its steps")
    return parser
