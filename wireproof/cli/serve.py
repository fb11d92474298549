"""`wireproof serve`: runs the reference server, with the profile of each provider below its own prefix."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, add_providers_option, show_examples
from wireproof.errors import ConfigError, WireproofError


def add(commands: Any) -> None:
    """Registers the command."""
    help = "run the reference server, with each provider below its own prefix"
    parser = add_command_parser(commands, "serve", run, help)
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1)"
    )
    port = "port to listen on; 0 chooses a free one (default: 8080)"
    parser.add_argument("--port", type=int, default=8080, metavar="N", help=port)
    add_providers_option(parser, "name of a provider to serve (repeatable; default: all)")
    at = "path at which the only provider is served too, such as /v1 (default: its own path alone)"
    parser.add_argument("--at", metavar="PATH", help=at)
    parser.add_argument("--no-limits", action="store_true", help="serve without limits of rate and volume")
    fault = "commit faults on every answer (`wireproof faults` lists them); `ID; times=1; after=2` counts for each key"
    parser.add_argument("--fault", default="", metavar="ID[,ID]", help=fault)
    gap = "pause between the events of a stream, in seconds (default: 0)"
    parser.add_argument("--gap", type=float, default=0.0, metavar="S", help=gap)
    parser.add_argument("--certfile", type=Path, metavar="PEM", help="certificate for HTTPS (default: plain HTTP)")
    parser.add_argument("--keyfile", type=Path, metavar="PEM", help="private key of --certfile (default: in that file)")
    exit_with_stdin = "exit when standard input is closed, which happens when the parent process ends"
    parser.add_argument("--exit-with-stdin", action="store_true", help=exit_with_stdin)
    control = "accept X-Wireproof-* headers and the control endpoint: faults, scripts, clock, journal of requests"
    parser.add_argument("--control", action="store_true", help=control)
    script = "YAML file of scripted answers; with --cells, of the times at which cells go down, come back or slow down"
    parser.add_argument("--script", type=Path, metavar="FILE", help=script)
    cells = parser.add_argument_group("cells", "servers for load runs, without rate limits and with a set latency")
    count = "serve with N cells, each a process on its own port (default: 0, one server that is not a cell)"
    cells.add_argument("--cells", type=int, default=0, metavar="N", help=count)
    latency = "latency profile of the cells, a name of load/cells.yaml (default: steady)"
    cells.add_argument("--latency", default="steady", metavar="NAME", help=latency)
    cells.add_argument("--cell", type=int, metavar="I", help=argparse.SUPPRESS)
    show_examples(
        parser,
        "wireproof serve                                         # all providers on port 8080",
        "wireproof serve --at /v1 --provider openai --no-limits --control",
        "wireproof serve --at /v1 --provider openai --fault done-missing",
        "wireproof serve --at /v1 --provider openai --script agent.yaml",
        "wireproof serve --provider iio --port 0 --control --json",
        "wireproof serve --cells 2 --latency lively --script load/outage.yaml",
    )


def run(options: argparse.Namespace) -> int:
    """Serves until a signal ends the process."""
    from wireproof.cli import cell_processes
    from wireproof.cli.start_state import build_start_state
    from wireproof.contract import loading
    from wireproof.mock import server
    from wireproof.mock.cells.latency import Latency
    from wireproof.mock.cells.outage_script import changes_of_cell
    from wireproof.mock.http import tls

    data = loading.read_providers_data(Path(options.providers) if options.providers else None)
    for name in options.provider:
        if name not in data:
            raise ConfigError(f"--provider {name}", "no such provider", f"choose one of {', '.join(data)}")
    served = {name: entry for name, entry in data.items() if not options.provider or name in options.provider}

    has_cells = bool(options.cells) or options.cell is not None
    latency = Latency.from_mapping(cell_processes.read_latency(options.latency)) if has_cells else None
    if has_cells or options.no_limits:
        served = {name: cell_processes.without_limits(entry) for name, entry in served.items()}
    changes = cell_processes.read_script(options.script) if has_cells and options.script else []
    start = build_start_state(
        served,
        at=options.at,
        ordered=options.fault,
        script=None if has_cells else options.script,
        control=options.control,
    )
    if options.cells > 1:
        return cell_processes.run_cells(
            _cell_arguments(options), options.cells, options.port, _cell_announcer(options.json)
        )

    secured = tls.make_context(options.certfile, options.keyfile)
    scheme = "https" if secured else "http"

    def announce(port: int) -> None:
        root = f"{scheme}://{options.host}:{port}"
        profiles = {name: profile_address(entry, root, start.at) for name, entry in served.items()}
        server_facts = {"port": port, "profiles": profiles}
        if options.json:
            print(json.dumps({"cells": [server_facts]} if options.cells else server_facts), flush=True)
            return
        print_addresses(server_facts)

    try:
        server.run_server(
            served,
            host=options.host,
            port=options.port,
            control=options.control,
            gap_s=options.gap,
            announce=announce,
            tls=secured,
            latency=latency,
            script=changes_of_cell(changes, options.cell or 0),
            until=_wait_for_end_of_stdin if options.exit_with_stdin else None,
            start=start,
        )
    except OSError as error:
        raise WireproofError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}; choose another --port"
        ) from None
    return 0


def print_addresses(server_facts: dict[str, Any]) -> None:
    """Prints the base URL and the key of each profile."""
    for name, profile in server_facts["profiles"].items():
        print(f"{name:<16} {profile['base_url']}  key {profile['key']}", flush=True)


def _cell_announcer(as_json: bool) -> Callable[[list[Any]], None]:
    def announce(cells: list[Any]) -> None:
        if as_json:
            print(json.dumps({"cells": cells}), flush=True)
            return
        for cell in cells:
            print_addresses(cell)

    return announce


def _cell_arguments(options: argparse.Namespace) -> list[str]:
    """The arguments of the process of each cell."""
    values = {
        "--host": options.host,
        "--latency": options.latency,
        "--script": options.script,
        "--providers": options.providers,
        "--certfile": options.certfile,
        "--keyfile": options.keyfile,
        "--gap": options.gap or None,
        "--at": options.at,
        "--fault": options.fault or None,
    }
    words = [word for name, value in values.items() if value is not None for word in (name, str(value))]
    words += [word for name in options.provider for word in ("--provider", name)]
    return [*words, "--control"] if options.control else words


def _wait_for_end_of_stdin() -> None:
    """Waits until standard input is closed, so that the server ends even if its parent is killed."""
    # Not sys.stdin: a waiting thread would still hold its lock when the interpreter ends.
    while os.read(0, 4096):
        pass


def profile_address(entry: dict[str, Any], root: str, at: str | None = None) -> dict[str, str]:
    """The base URL and the key of a profile."""
    key = f"{entry['auth']['key_prefix']}mock-{entry['rate']['suite_tier']}"
    return {"base_url": root + (entry["serve_at"] if at is None else at), "key": key}
