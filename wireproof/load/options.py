"""The options that a load run adds to locust's own."""

from __future__ import annotations

import socket
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from time import time_ns

from wireproof.aim import TargetOptions
from wireproof.load.budget import FLAG, Ceilings
from wireproof.option_table import BY_NAME

# The requests of an open loop that may be under way, where neither -u nor the scenario says.
UNDER_WAY = 100
# What is said of a target as in `wireproof check`.
SHARED = tuple(BY_NAME[name] for name in ("providers", "model", "key_env", "header", "deadline"))
LOOPBACK = "127.0.0.1"


def add(parser: ArgumentParser) -> None:
    """Register the options."""
    group = parser.add_argument_group("wireproof", "what is asked, when, and within which bounds")
    group.add_argument("--scenarios", metavar="FILE", help="a YAML file that adds scenarios or changes them")
    group.add_argument(
        "--provider", metavar="NAME", help="whose contract the host speaks (default: the scenario's, or openai)"
    )
    for row in SHARED:
        group.add_argument(row.flag, **row.keywords)
    group.add_argument("--rate", type=float, metavar="R", help="open loop: starts a second, over all processes")
    group.add_argument("--arrivals", choices=("constant", "poisson"), help="of the open loop (default: poisson)")
    group.add_argument("--warm-up", type=float, metavar="S", help="what starts within it is no part of the figures")
    group.add_argument("--cool-down", type=float, metavar="S", help="the same, before the end")
    group.add_argument("--jitter", type=float, default=1.0, metavar="S", help="closed loop: users begin within it")
    group.add_argument("--seed", type=int, default=time_ns() % 1_000_000, metavar="N", help="of everything drawn")
    group.add_argument("--slo", action="append", default=[], metavar="METRIC=MS", help="objective: ttft, tpot or e2e")
    group.add_argument("--threshold", action="append", default=[], metavar="EXPR", help="as in `ttft_p95 < 300ms`")
    group.add_argument("--junit", metavar="FILE", help="write the thresholds as JUnit XML")
    group.add_argument("--records", metavar="FILE", help="write a line of JSON for each request")
    group.add_argument("--no-judge", action="store_true", help="do not hold the answers to the provider's document")
    group.add_argument("--strict", action="store_true", help="exit 3 where the generator was the bottleneck")
    group.add_argument("--error-bar", metavar="FILE", help="what `wireproof calibrate --write` measured")
    group.add_argument("--own-cells", action="store_true", help="the hosts are `wireproof serve --cells`")
    group.add_argument("--report-dir", metavar="DIR", help="write load.html, load.md, load.json and load.csv there")
    group.add_argument("--summary", metavar="FILE", help="write the figures as JSON")
    group.add_argument("--cells", type=int, default=1, metavar="N", help="local cells, where no --host is given")
    group.add_argument("--latency", default="steady", metavar="NAME", help="their latency profile (load/cells.yaml)")
    group.add_argument(FLAG, action="store_true", help="the host is not this machine, and its owner agrees")
    group.add_argument("--max-requests", type=int, metavar="N", help="ceiling of the run")
    group.add_argument("--max-output-tokens", type=int, metavar="N", help="ceiling of the run")
    group.add_argument("--max-cost", type=float, metavar="DOLLARS", help="ceiling of the run")


def keep_apart(parser: ArgumentParser, words: Sequence[str]) -> None:
    """Let the processes of one run meet on a port of their own, which only this machine reaches.

    Locust has them all meet on one port: a second run beside the first ends at once, or gets its workers.
    """
    several = any(word.partition("=")[0] == "--processes" for word in words)
    if several and "--worker" not in words:
        with socket.socket() as plug:
            plug.bind((LOOPBACK, 0))
            port = plug.getsockname()[1]
        parser.set_defaults(master_bind_host=LOOPBACK, master_bind_port=port, master_port=port)


def target_options(options: Namespace, host: str | None) -> TargetOptions:
    """The options about the target at a host; about the bundled server's where there is none."""
    given = {row.name: getattr(options, row.name) for row in SHARED}
    provider = [options.provider] if options.provider else []
    return TargetOptions({**given, "provider": provider, "endpoint": host})


def ceilings_of(options: Namespace) -> Ceilings:
    """The ceilings that the options name."""
    return Ceilings(options.max_requests, options.max_output_tokens, options.max_cost)
