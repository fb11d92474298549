"""The options that a load run adds to locust's own."""

from __future__ import annotations

import socket
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from time import time_ns
from typing import Any

from wireproof.contract.option_table import BY_NAME
from wireproof.contract.target_options import TargetOptions
from wireproof.load.scenario.spending_limits import ALLOW_HOST_FLAG, Ceilings

# The requests of an open loop that may be under way, where neither -u nor the scenario says.
DEFAULT_MAX_UNDER_WAY = 100
# What is said of a target as in `wireproof check`.
SHARED_TARGET_OPTIONS = tuple(BY_NAME[name] for name in ("providers", "model", "key_env", "header", "deadline"))
LOOPBACK_HOST = "127.0.0.1"
REPEATABLE: Mapping[str, Any] = {"action": "append", "default": []}


def add_load_options(parser: ArgumentParser) -> None:
    """Register the options."""
    _add_target_options(parser.add_argument_group("what is asked"))
    _add_timing_options(parser.add_argument_group("when requests start, and which count"))
    _add_requirement_options(parser.add_argument_group("what the answers are held to"))
    _add_file_options(parser.add_argument_group("what is written"))
    _add_ceiling_options(parser.add_argument_group("how much may be sent"))


def _add_target_options(group: Any) -> None:
    option = group.add_argument
    option("--scenarios", metavar="FILE", help="YAML file that adds scenarios or changes them")
    text = "provider whose contract the host speaks (default: the scenario's, or openai)"
    option("--provider", metavar="NAME", help=text)
    for row in SHARED_TARGET_OPTIONS:
        option(row.flag, **row.keywords)
    option(
        "--cells", type=int, default=1, metavar="N", help="local cells to start where no --host is given (default: 1)"
    )
    text = "latency profile of the local cells, one of load/cells.yaml (default: steady)"
    option("--latency", default="steady", metavar="NAME", help=text)
    option("--own-cells", action="store_true", help="treat the hosts as cells of `wireproof serve`, and use their keys")


def _add_timing_options(group: Any) -> None:
    option = group.add_argument
    option("--rate", type=float, metavar="R", help="open loop: start R requests a second, over all processes")
    text = "how starts of an open loop are spread (default: the scenario's, or poisson)"
    option("--arrivals", choices=("constant", "poisson"), help=text)
    text = "closed loop: spread the first requests of the users over so many seconds (default: 1)"
    option("--jitter", type=float, default=1.0, metavar="S", help=text)
    option("--warm-up", type=float, metavar="S", help="seconds at the start that are left out of the figures")
    option("--cool-down", type=float, metavar="S", help="seconds at the end that are left out of the figures")
    text = "seed for arrivals, lengths and mix (default: another one each time)"
    option("--seed", type=int, default=time_ns() % 1_000_000, metavar="N", help=text)


def _add_requirement_options(group: Any) -> None:
    option = group.add_argument
    text = "objective of each request in milliseconds; METRIC is ttft, tpot or e2e (repeat for several)"
    option("--slo", metavar="METRIC=MS", help=text, **REPEATABLE)
    text = "limit that decides the exit code, as in 'ttft_p95 < 300ms' (repeat for several)"
    option("--threshold", metavar="EXPR", help=text, **REPEATABLE)
    option("--no-judge", action="store_true", help="do not check the answers against the provider's document")
    text = "exit with 3 where the figures cannot be believed, as when the generator was the bottleneck"
    option("--strict", action="store_true", help=text)
    text = "error of this client, as `wireproof calibrate --write FILE` measured it, to print with the result"
    option("--error-bar", metavar="FILE", help=text)


def _add_file_options(group: Any) -> None:
    option = group.add_argument
    text = "write the result as load.html, load.md, load.json and load.csv into this directory"
    option("--report-dir", metavar="DIR", help=text)
    option("--summary", metavar="FILE", help="write the result as JSON (schemas/formats/load.json)")
    option("--records", metavar="FILE", help="write a line of JSON for each request (schemas/formats/record.json)")
    option("--junit", metavar="FILE", help="write a test case for each threshold as JUnit XML")


def _add_ceiling_options(group: Any) -> None:
    option = group.add_argument
    option(ALLOW_HOST_FLAG, action="store_true", help="allow load on a host that is not this machine; its owner agrees")
    option("--max-requests", type=int, metavar="N", help="send no more requests than this in the whole run")
    option("--max-output-tokens", type=int, metavar="N", help="ask for no more output tokens than this altogether")
    text = "send nothing that may make the run cost more than this, by the catalogue's prices"
    option("--max-cost", type=float, metavar="DOLLARS", help=text)


def use_own_port(parser: ArgumentParser, words: Sequence[str]) -> None:
    """Let the processes of one run meet on a port of their own, which only this machine reaches.

    Locust has them all meet on one port: a second run beside the first ends at once, or gets its workers.
    """
    several = any(word.partition("=")[0] == "--processes" for word in words)
    if several and "--worker" not in words:
        with socket.socket() as plug:
            plug.bind((LOOPBACK_HOST, 0))
            port = plug.getsockname()[1]
        parser.set_defaults(master_bind_host=LOOPBACK_HOST, master_bind_port=port, master_port=port)


def target_options_at(options: Namespace, provider: str | None, host: str | None) -> TargetOptions:
    """The options about the target at a host; about the bundled server's where there is none."""
    given = {row.name: getattr(options, row.name) for row in SHARED_TARGET_OPTIONS}
    return TargetOptions({**given, "provider": [provider] if provider else [], "endpoint": host})


def ceilings_from_options(options: Namespace) -> Ceilings:
    """The ceilings that the options name."""
    return Ceilings(options.max_requests, options.max_output_tokens, options.max_cost)
