"""`wireproof explain`: what stands behind an id, and how to mend a server that fails it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.commands import command, matrix_of, the_matrix

# What a person reads at once; more is told by --json.
SHOWN = 12


def add(commands: Any) -> None:
    """Register the command."""
    help = "explain a check, clause, fault, case or provider: what it requires, what breaks it, how to mend that"
    parser = command(commands, "explain", run, help)
    parser.add_argument("id", metavar="ID", help="for example stream.usage, IIO-ERR-002, done-missing or chat-basic")
    the_matrix(parser)


def run(options: argparse.Namespace) -> int:
    """Print the facts behind an id."""
    from wireproof import config
    from wireproof.explain import Library

    providers = config.load_providers(Path(options.providers) if options.providers else None)
    facts = Library.of(providers, matrix_of(options) or {}).explain(options.id)
    print(json.dumps(facts, indent=1, ensure_ascii=False) if options.json else as_text(facts))
    return 0


def as_text(facts: dict[str, Any]) -> str:
    """The facts for people: a line each, long lists cut."""
    lines = [f"{facts['id']} ({facts['kind']})"]
    for name, value in facts.items():
        if name in ("id", "kind") or value in (None, "", [], {}):
            continue
        told = _lines(value)
        more = [f"and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
        first, *rest = [*told[:SHOWN], *more]
        lines += [f"  {name.replace('_', ' '):<17}{first}", *(f"{'':<19}{line}" for line in rest)]
    return "\n".join(lines)


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}: {', '.join(one) if isinstance(one, list | dict) else one}" for key, one in value.items()]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
