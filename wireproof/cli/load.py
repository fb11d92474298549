"""`wireproof load`: replaces this process by locust with the users of load/scenarios.yaml."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from wireproof.cli.arguments import show_examples
from wireproof.cli.scenario_list import print_scenarios, wants_list

HELP = "send load to an endpoint or to local cells (takes locust's options too)"
LOCUST_HELP_FLAG = "--locust-help"


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
    if wants_list(arguments):
        return print_scenarios(arguments)
    words = ["--help"] if LOCUST_HELP_FLAG in arguments else [word for word in arguments if word != "--web"]
    if not {"--web", "--headful", "--headless", "--worker"} & set(arguments):
        words.append("--headless")
    # Locust's own default is every interface, where anyone could start a run that uses the key.
    elif "LOCUST_WEB_HOST" not in os.environ and not any(word.startswith("--web-host") for word in words):
        words += ["--web-host", "127.0.0.1"]
    command = [*locust_command(), *words]
    # In place of this process, so that a signal from a terminal or a container reaches the run, which then reports.
    os.execv(command[0], command)


def build_parser() -> argparse.ArgumentParser:
    """A parser for the help alone; locust parses the arguments."""
    from wireproof.load.engine import load_options

    parser = argparse.ArgumentParser(prog="wireproof load", description=HELP, usage="%(prog)s [options] [scenario ...]")
    parser.add_argument("scenario", nargs="*", help="names of scenarios of load/scenarios.yaml (default: mixed)")
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument("-l", "--list", action="store_true", help="list the scenarios, with a sentence for each")
    parser.add_argument(LOCUST_HELP_FLAG, action="store_true", help="show every option of locust, which work too")
    text = "base URL of the API to load; commas separate several (default: local cells)"
    parser.add_argument("-H", "--endpoint", "--host", metavar="URL", help=text)
    common = parser.add_argument_group("amount of load").add_argument
    common("-u", "--users", metavar="N", help="number of concurrent users; in an open loop, of concurrent requests")
    common("-t", "--run-time", metavar="TIME", help="time after which no request is started, such as 30s, 10m or 4h")
    common("--processes", metavar="N", help="number of processes that share the load; -1 starts one for each core")
    load_options.add_load_options(parser)
    common = parser.add_argument_group(f"common options of locust ({LOCUST_HELP_FLAG} shows all)").add_argument
    common("--web", action="store_true", help="start locust's web UI, where runs are started by hand")
    show_examples(
        parser,
        "wireproof load stream -u 32 -t 30s                      # local cells",
        "wireproof load stream -u 32 -t 30s --endpoint http://127.0.0.1:8000/v1 --model my-model",
        "wireproof load stream -u 200 -t 60s --rate 40           # open loop: 40 starts a second",
        "wireproof load stream -u 32 -t 60s --threshold 'ttft_p95 < 300ms' --junit load.xml",
    )
    return parser
