"""The options that a load run adds to locust's own."""

from __future__ import annotations

import socket
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from time import time_ns
from typing import Any

from wireproof.contract.option_table import BY_NAME
from wireproof.contract.target_options import TargetOptions
from wireproof.load.scenario.spending_limits import (
    ALLOW_HOST_FLAG,
    DEFAULT_MAX_DOLLARS,
    DEFAULT_MAX_OUTPUT_TOKENS,
    DEFAULT_MAX_REQUESTS,
    Ceilings,
)

# The option that keeps locust's tables.
TABLES_FLAG = "--locust-tables"
# Requests of an open loop that may be under way if neither -u nor the scenario sets their number.
DEFAULT_MAX_UNDER_WAY = 100
# Options about a target that `wireproof check` has as well.
SHARED_TARGET_OPTIONS = tuple(
    BY_NAME[name]
    for name in (
        "name",
        "providers",
        "model",
        "key_env",
        "header",
        "deadline",
        "allow_http",
        "ca_file",
        "client_cert",
        "wait",
    )
)
LOOPBACK_HOST = "127.0.0.1"
REPEATABLE: Mapping[str, Any] = {"action": "append", "default": []}


def add_load_options(parser: ArgumentParser) -> None:
    """Adds the options to a parser."""
    _add_target_options(parser.add_argument_group("target"))
    _add_timing_options(parser.add_argument_group("timing"))
    _add_requirement_options(parser.add_argument_group("requirements"))
    _add_file_options(parser.add_argument_group("output files"))
    _add_ceiling_options(parser.add_argument_group("ceilings"))


def _add_target_options(group: Any) -> None:
    option = group.add_argument
    option("--scenarios", metavar="FILE", help="YAML file with scenarios; they replace those of the same name")
    text = "provider whose contract the host serves (default: the scenario's, or openai)"
    option("--provider", metavar="NAME", help=text)
    for row in SHARED_TARGET_OPTIONS:
        option(row.flag, **row.keywords)
    text = "number of local cells to start without --endpoint (default: 1)"
    option("--cells", type=int, default=1, metavar="N", help=text)
    text = "latency profile of the local cells, one of load/cells.yaml (default: steady)"
    option("--latency", default="steady", metavar="NAME", help=text)
    text = "treat the hosts as cells of `wireproof serve`, and send keys that they accept"
    option("--own-cells", action="store_true", help=text)


def _add_timing_options(group: Any) -> None:
    option = group.add_argument
    option("--rate", type=float, metavar="R", help="open loop: start R requests per second over all processes")
    text = "open loop: distribution of the starts (default: the scenario's, or poisson)"
    option("--arrivals", choices=("constant", "poisson"), help=text)
    text = "closed loop: spread the first requests of the users over S seconds (default: 1)"
    option("--jitter", type=float, default=1.0, metavar="S", help=text)
    text = "seconds at the start that are left out of the figures (default: the scenario's, or 0)"
    option("--warm-up", type=float, metavar="S", help=text)
    text = "seconds at the end that are left out of the figures (default: the scenario's, or 0)"
    option("--cool-down", type=float, metavar="S", help=text)
    text = "seed for arrivals, lengths and mix (default: a new one for each run)"
    option("--seed", type=int, default=time_ns() % 1_000_000, metavar="N", help=text)


def _add_requirement_options(group: Any) -> None:
    option = group.add_argument
    text = "objective of each request; METRIC is ttft, tpot or e2e (default: the scenario's; repeat for several)"
    option("--slo", metavar="METRIC=MS", help=text, **REPEATABLE)
    text = "threshold that decides the exit code, as in 'ttft_p95 < 300ms' (repeat for several)"
    option("--threshold", metavar="EXPR", help=text, **REPEATABLE)
    option("--no-judge", action="store_true", help="do not check the responses against the provider's document")
    text = "exit with 2 if the figures are doubtful, as when the generator was the bottleneck"
    option("--strict", action="store_true", help=text)
    text = "file of `wireproof calibrate --write FILE`: print the error of this client with the result"
    option("--error-bar", metavar="FILE", help=text)


def _add_file_options(group: Any) -> None:
    option = group.add_argument
    text = "write the result as load.html, load.md, load.json and load.csv into this directory"
    option("--report-dir", metavar="DIR", help=text)
    text = "print every metric and the definitions of all figures, in place of the short result"
    option("--definitions", action="store_true", help=text)
    text = "print locust's own tables too, during the run and at its end"
    option(TABLES_FLAG, action="store_true", help=text)
    option("--summary", metavar="FILE", help="write the result as JSON (schemas/formats/load.json)")
    option("--records", metavar="FILE", help="write one line of JSON per request (schemas/formats/record.json)")
    option("--junit", metavar="FILE", help="write one test case per threshold as JUnit XML")


def _add_ceiling_options(group: Any) -> None:
    option = group.add_argument
    option(
        ALLOW_HOST_FLAG, action="store_true", help="allow load on a host that is not this machine; its owner must agree"
    )
    text = f"send at most N requests in the run (default on another machine: {DEFAULT_MAX_REQUESTS})"
    option("--max-requests", type=int, metavar="N", help=text)
    text = f"request at most N output tokens in the run (default on another machine: {DEFAULT_MAX_OUTPUT_TOKENS})"
    option("--max-output-tokens", type=int, metavar="N", help=text)
    text = (
        "send no request that may raise the cost above this, at the catalogue's prices "
        f"(default on another machine: {DEFAULT_MAX_DOLLARS:g})"
    )
    option("--max-cost", type=float, metavar="DOLLARS", help=text)


def use_own_port(parser: ArgumentParser, words: Sequence[str]) -> None:
    """Gives the processes of one run a port of their own on the loopback interface.

    By default, locust uses the same port for every run: a second run ends at once, or gets the workers of the first.
    """
    several = any(word.partition("=")[0] == "--processes" for word in words)
    if several and "--worker" not in words:
        with socket.socket() as listener:
            listener.bind((LOOPBACK_HOST, 0))
            port = listener.getsockname()[1]
        parser.set_defaults(master_bind_host=LOOPBACK_HOST, master_bind_port=port, master_port=port)


def target_options_at(options: Namespace, provider: str | None, host: str | None) -> TargetOptions:
    """The options of the target at a host; those of the reference server if the host is None."""
    shared = {row.name: getattr(options, row.name) for row in SHARED_TARGET_OPTIONS}
    if host is None:
        del shared["name"]
    given = {name: value for name, value in shared.items() if value is not None}
    return TargetOptions({**given, "provider": [provider] if provider else [], "endpoint": host})


def ceilings_from_options(options: Namespace) -> Ceilings:
    """The ceilings that the options set."""
    return Ceilings(options.max_requests, options.max_output_tokens, options.max_cost)
