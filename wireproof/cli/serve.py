"""`wireproof serve`: the bundled mock, every provider's profile under its own prefix."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, add_providers_option
from wireproof.errors import ConfigError, WireproofError


def add(commands: Any) -> None:
    """Register the command."""
    help = "serve the bundled mock: every provider's profile under its own prefix"
    parser = add_command_parser(commands, "serve", run, help)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for a free one (default: 8080)")
    add_providers_option(parser, "serve only this profile (repeatable)")
    parser.add_argument(
        "--gap", type=float, default=0.0, metavar="S", help="seconds between the events of a stream (default: 0)"
    )
    parser.add_argument("--certfile", type=Path, metavar="PEM", help="speak https with this certificate")
    parser.add_argument("--keyfile", type=Path, metavar="PEM", help="the certificate's key, if it stands elsewhere")
    parser.add_argument("--leashed", action="store_true", help="end when standard input closes")
    parser.add_argument("--control", action="store_true", help="obey X-Wireproof-* headers and the control endpoint")
    cells = parser.add_argument_group("cells", "endpoints that serve load: no limits of a tier, a latency of their own")
    cells.add_argument("--cells", type=int, default=0, metavar="N", help="serve with N processes, each on its own port")
    cells.add_argument("--latency", default="steady", metavar="NAME", help="their latency (load/cells.yaml)")
    cells.add_argument("--script", type=Path, metavar="FILE", help="when which cell goes down, comes back, slows down")
    cells.add_argument("--cell", type=int, metavar="I", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    from wireproof.cli import cell_processes
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

    latency = None
    if options.cells or options.cell is not None:
        latency = Latency.from_mapping(cell_processes.read_latency(options.latency))
        served = {name: cell_processes.without_limits(entry) for name, entry in served.items()}
    turns = cell_processes.read_script(options.script) if options.script else []
    if options.cells > 1:
        return cell_processes.run_cells(
            _cell_arguments(options), options.cells, options.port, _cell_announcer(options.json)
        )

    secured = tls.make_context(options.certfile, options.keyfile)
    scheme = "https" if secured else "http"

    def announce(port: int) -> None:
        profiles = {name: profile_address(entry, f"{scheme}://{options.host}:{port}") for name, entry in served.items()}
        one = {"port": port, "profiles": profiles}
        if options.json:
            print(json.dumps({"cells": [one]} if options.cells else one), flush=True)
            return
        print_addresses(one)

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
            script=changes_of_cell(turns, options.cell or 0),
            until=_wait_for_end_of_stdin if options.leashed else None,
        )
    except OSError as error:
        raise WireproofError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}; choose another --port"
        ) from None
    return 0


def print_addresses(one: dict[str, Any]) -> None:
    """Print where each profile is served."""
    for name, profile in one["profiles"].items():
        print(f"{name:<16} {profile['base_url']}  key {profile['key']}", flush=True)


def _cell_announcer(as_json: bool) -> Callable[[list[Any]], None]:
    def announce(cells: list[Any]) -> None:
        if as_json:
            print(json.dumps({"cells": cells}), flush=True)
            return
        for one in cells:
            print_addresses(one)

    return announce


def _cell_arguments(options: argparse.Namespace) -> list[str]:
    """The arguments that every cell is started with."""
    named = {
        "--host": options.host,
        "--latency": options.latency,
        "--script": options.script,
        "--providers": options.providers,
        "--certfile": options.certfile,
        "--keyfile": options.keyfile,
        "--gap": options.gap or None,
    }
    words = [word for name, value in named.items() if value is not None for word in (name, str(value))]
    words += [word for name in options.provider for word in ("--provider", name)]
    return [*words, "--control"] if options.control else words


def _wait_for_end_of_stdin() -> None:
    """Wait until whoever started this server is gone: killed, it could not end the server itself."""
    # Not by sys.stdin, whose lock a thread that waits still holds when the interpreter ends.
    while os.read(0, 4096):
        pass


def profile_address(entry: dict[str, Any], root: str) -> dict[str, str]:
    """Base URL and key of a profile."""
    key = f"{entry['auth']['key_prefix']}mock-{entry['rate']['suite_tier']}"
    return {"base_url": root + entry["serve_at"], "key": key}
