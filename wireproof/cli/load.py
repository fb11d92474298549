"""`wireproof load`: locust with the users of load/scenarios.yaml, in the place of this process."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from wireproof.cli.arguments import show_examples

HELP = "load an endpoint, or local cells (takes locust's options too)"


def add(commands: Any) -> None:
    """Name the command in the help; locust reads its arguments, so that each of its options works there too."""
    commands.add_parser("load", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Become locust with these arguments: without its web UI, unless --web or --headful asks for it."""
    from wireproof.load.experiments.load_process import locust_command

    if {"--help", "-h"} & set(arguments):
        # Locust would answer before it reads its locustfile, and name none of our options.
        _parser().print_help()
        return 0
    words = [word for word in arguments if word != "--web"]
    if not {"--web", "--headful", "--headless", "--worker"} & set(arguments):
        words.append("--headless")
    command = [*locust_command(), *words]
    # Whoever ends this process, a terminal or a container, ends the run, which tells what it found and stops its cells.
    os.execv(command[0], command)


def _parser() -> argparse.ArgumentParser:
    """A parser for the help alone."""
    from wireproof.load.engine import load_options

    parser = argparse.ArgumentParser(prog="wireproof load", description=HELP, usage="%(prog)s [options] [scenario ...]")
    parser.add_argument("scenario", nargs="*", help="scenario of load/scenarios.yaml (default: mixed)")
    common = parser.add_argument_group("the most common options of locust; `locust --help` lists all").add_argument
    common(
        "-H", "--host", metavar="URL", help="base URL to load, or several with commas between (default: local cells)"
    )
    common("-u", "--users", metavar="N", help="users that ask at a time; requests under way in an open loop")
    common("-t", "--run-time", metavar="TIME", help="start no request after this time, as in 30s, 10m, 4h")
    common("--processes", metavar="N", help="processes that share the load; -1 is one for each core")
    common("--web", action="store_true", help="show locust's web UI, where runs are started by hand")
    load_options.add_load_options(parser)
    show_examples(
        parser,
        "wireproof load stream -u 32 -t 30s                      # local cells",
        "wireproof load stream -u 32 -t 30s --host http://127.0.0.1:8000/v1 --model my-model",
        "wireproof load stream -u 200 -t 60s --rate 40           # open loop: 40 starts a second",
        "wireproof load stream -u 32 -t 60s --threshold 'ttft_p95 < 300ms' --junit load.xml",
    )
    return parser
