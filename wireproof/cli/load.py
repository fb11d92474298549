"""`wireproof load`: replaces this process by locust with the users of load/scenarios.yaml."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from wireproof.cli.arguments import show_examples

HELP = "send load to an endpoint or to local cells (takes locust's options too)"


def add(commands: Any) -> None:
    """Lists the command; locust parses its arguments, so that every option of locust works."""
    commands.add_parser("load", help=HELP)


def run(arguments: Sequence[str]) -> int:
    """Executes locust with these arguments, without its web UI unless --web or --headful is given."""
    from wireproof.load.experiments.load_process import locust_command

    if {"--help", "-h"} & set(arguments):
        # Locust prints its help before it reads its locustfile, which adds the options of wireproof.
        build_parser().print_help()
        return 0
    words = [word for word in arguments if word != "--web"]
    if not {"--web", "--headful", "--headless", "--worker"} & set(arguments):
        words.append("--headless")
    command = [*locust_command(), *words]
    # In place of this process, so that a signal from a terminal or a container reaches the run, which then reports.
    os.execv(command[0], command)


def build_parser() -> argparse.ArgumentParser:
    """A parser for the help alone; locust parses the arguments."""
    from wireproof.load.engine import load_options

    parser = argparse.ArgumentParser(prog="wireproof load", description=HELP, usage="%(prog)s [options] [scenario ...]")
    parser.add_argument("scenario", nargs="*", help="names of scenarios of load/scenarios.yaml (default: mixed)")
    common = parser.add_argument_group("the most common options of locust; `locust --help` lists all").add_argument
    common("-H", "--host", metavar="URL", help="base URL to load; commas separate several (default: local cells)")
    common("-u", "--users", metavar="N", help="number of concurrent users; in an open loop, of concurrent requests")
    common("-t", "--run-time", metavar="TIME", help="time after which no request is started, such as 30s, 10m or 4h")
    common("--processes", metavar="N", help="number of processes that share the load; -1 starts one for each core")
    common("--web", action="store_true", help="start locust's web UI, where runs are started by hand")
    load_options.add_load_options(parser)
    show_examples(
        parser,
        "wireproof load stream -u 32 -t 30s                      # local cells",
        "wireproof load stream -u 32 -t 30s --host http://127.0.0.1:8000/v1 --model my-model",
        "wireproof load stream -u 200 -t 60s --rate 40           # open loop: 40 starts a second",
        "wireproof load stream -u 32 -t 60s --threshold 'ttft_p95 < 300ms' --junit load.xml",
    )
    return parser
