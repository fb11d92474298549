"""The command `wireproof`. Exit codes: 0 fine, 1 a promise is broken, 2 we could not ask."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wireproof import __version__
from wireproof.errors import ConfigError, WireproofError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what is wrong with the input is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # pytest reads the rest of `check` itself, so that each of its options works there too.
    if arguments[:1] == ["check"]:
        return _check(arguments[1:])
    parsed = _parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wireproof", description="Conformance and load benchmarks for OpenAI-compatible HTTP APIs."
    )
    parser.add_argument("--version", action="version", version=f"wireproof {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("check", help="judge an endpoint, or the bundled mock (takes pytest's options too)")
    serve = _command(commands, "serve", _serve, "serve the bundled mock: every provider's profile under its own prefix")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for a free one (default: 8080)")
    serve.add_argument(
        "--provider", action="append", default=[], metavar="NAME", help="serve only this profile (repeatable)"
    )
    serve.add_argument(
        "--gap", type=float, default=0.0, metavar="S", help="seconds between the events of a stream (default: 0)"
    )
    serve.add_argument("--certfile", type=Path, metavar="PEM", help="speak https with this certificate")
    serve.add_argument("--keyfile", type=Path, metavar="PEM", help="the certificate's key, if it stands elsewhere")
    serve.add_argument("--control", action="store_true", help="obey X-Wireproof-* headers and the control endpoint")
    clauses = _command(commands, "clauses", _clauses, "list the clauses, their judgements and what is pending")
    clauses.add_argument(
        "--provider", action="append", default=[], metavar="NAME", help="only this provider (repeatable)"
    )
    clauses.add_argument("--pending", action="store_true", help="only what is not built yet")
    clauses.add_argument("--write", metavar="FOLDER", help="write a page for each provider into this folder")
    faults = _command(commands, "faults", _faults, "list the faults that the mock can commit")
    faults.add_argument("--write", metavar="FILE", help="write the page of the bugs met in the field to this file")
    faults.add_argument(
        "--matrix",
        default="tests/matrix.json",
        metavar="FILE",
        help="the matrix that `wireproof prove --write` made (default: tests/matrix.json)",
    )
    prove = _command(commands, "prove", _prove, "prove the checks: which fault breaks which judgement (takes minutes)")
    prove.add_argument(
        "--provider", action="append", default=[], metavar="NAME", help="only this provider (repeatable)"
    )
    prove.add_argument("--fault", action="append", default=[], metavar="ID", help="only this fault (repeatable)")
    prove.add_argument("--write", metavar="FILE", help="write the exact matrix to this file")
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--providers", metavar="FILE", help="a YAML file that adds providers or changes them")
    parser.set_defaults(run=run)
    return parser


def _check(arguments: Sequence[str]) -> int:
    import pytest

    from wireproof import datafiles

    try:
        suites = datafiles.root() / "suites"
    except WireproofError as error:
        print(f"wireproof: {error}", file=sys.stderr)
        return 2
    # Our own settings and no one else's: the project around may have its own ideas of pytest.
    own = ["-c", str(datafiles.PACKAGE / "check.toml"), f"--rootdir={Path.cwd()}", "-p", "wireproof.plugin"]
    return int(pytest.main([*own, "--import-mode=importlib", "-p", "no:locust", str(suites), *arguments]))


def _serve(options: argparse.Namespace) -> int:
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
        profiles = {name: _profile(entry, f"{scheme}://{options.host}:{port}") for name, entry in served.items()}
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


def _profile(entry: dict[str, Any], root: str) -> dict[str, str]:
    key = f"{entry['auth']['key_prefix']}mock-{entry['rate']['suite_tier']}"
    return {"base_url": root + entry["serve_at"], "key": key}


def _clauses(options: argparse.Namespace) -> int:
    from wireproof import config
    from wireproof.report import index

    providers = config.load_providers(Path(options.providers) if options.providers else None)
    names = options.provider or list(providers)
    found = [
        (name, clause)
        for name in names
        for clause in config.load_clauses(config.provider_named(providers, name).schemas)
        if not options.pending or clause.state == "pending"
    ]
    if options.write:
        for name in names:
            page = index.clause_page(providers[name], [clause for of, clause in found if of == name])
            _write(Path(options.write) / f"{name}.md", page)
        return 0
    if options.json:
        print(json.dumps([index.clause_data(name, clause) for name, clause in found], indent=1))
        return 0
    for name, clause in found:
        print(index.clause_line(name, clause))
    for name in names:
        listed = [clause for of, clause in found if of == name]
        print(f"{name}: {len(listed)} clauses, {index.states(listed)}")
    return 0


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--write {file}", f"it cannot be written ({error.strerror})", "name another place") from None


def _faults(options: argparse.Namespace) -> int:
    from wireproof.mock.faults import faults

    known = faults()
    if options.write:
        _write(Path(options.write), _field_bugs([fault.as_data() for fault in known.values()], Path(options.matrix)))
        return 0
    if options.json:
        print(json.dumps([fault.as_data() for fault in known.values()], indent=1))
        return 0
    for fault in known.values():
        print(f"{fault.id:<36} {fault.sentence}" + (f"  ({fault.source})" if fault.source else ""))
    print(f"{len(known)} faults")
    return 0


def _field_bugs(known: list[dict[str, Any]], file: Path) -> str:
    from wireproof.mock.faults.fault import stored
    from wireproof.report import bugs

    try:
        matrix = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        remedy = "make it by `wireproof prove --write FILE`"
        raise ConfigError(f"--matrix {file}", f"it cannot be read ({error})", remedy) from None
    return bugs.field_bugs_page(known, stored("elsewhere.yaml"), stored("sources.yaml"), matrix)


def _prove(options: argparse.Namespace) -> int:
    from wireproof import prove

    proof = prove.prove(tuple(options.provider), tuple(options.fault))
    if options.write:
        _write(Path(options.write), proof.as_committed())
    print(json.dumps(proof.as_data(), indent=1) if options.json else proof.as_text())
    return 0 if proof.holds else 1
