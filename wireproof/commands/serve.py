"""`wireproof serve`: the bundled mock, every provider's profile under its own prefix."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.commands import command, some_providers
from wireproof.errors import ConfigError, WireproofError


def add(commands: Any) -> None:
    """Register the command."""
    help = "serve the bundled mock: every provider's profile under its own prefix"
    parser = command(commands, "serve", run, help)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for a free one (default: 8080)")
    some_providers(parser, "serve only this profile (repeatable)")
    parser.add_argument(
        "--gap", type=float, default=0.0, metavar="S", help="seconds between the events of a stream (default: 0)"
    )
    parser.add_argument("--certfile", type=Path, metavar="PEM", help="speak https with this certificate")
    parser.add_argument("--keyfile", type=Path, metavar="PEM", help="the certificate's key, if it stands elsewhere")
    parser.add_argument("--control", action="store_true", help="obey X-Wireproof-* headers and the control endpoint")


def run(options: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    from wireproof import config
    from wireproof.mock import server, tls

    data = config.providers_data(Path(options.providers) if options.providers else None)
    for name in options.provider:
        if name not in data:
            raise ConfigError(f"--provider {name}", "no such provider", f"choose one of {', '.join(data)}")
    served = {name: entry for name, entry in data.items() if not options.provider or name in options.provider}

    secured = tls.context(options.certfile, options.keyfile)
    scheme = "https" if secured else "http"

    def announce(port: int) -> None:
        profiles = {name: address(entry, f"{scheme}://{options.host}:{port}") for name, entry in served.items()}
        if options.json:
            print(json.dumps({"port": port, "profiles": profiles}), flush=True)
            return
        for name, profile in profiles.items():
            print(f"{name:<16} {profile['base_url']}  key {profile['key']}", flush=True)

    try:
        server.run(
            served,
            host=options.host,
            port=options.port,
            control=options.control,
            gap_s=options.gap,
            announce=announce,
            tls=secured,
        )
    except OSError as error:
        raise WireproofError(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}; choose another --port"
        ) from None
    return 0


def address(entry: dict[str, Any], root: str) -> dict[str, str]:
    """Base URL and key of a profile."""
    key = f"{entry['auth']['key_prefix']}mock-{entry['rate']['suite_tier']}"
    return {"base_url": root + entry["serve_at"], "key": key}
