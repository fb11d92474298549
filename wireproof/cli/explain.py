"""`wireproof explain`: prints the facts about an id, and how to fix a server that fails it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, add_matrix_option, read_matrix, show_examples

# More items would hide the other facts; --json prints all.
MAX_ITEMS_PER_LIST = 12
# JSON key → heading of the text, where the two differ.
HEADINGS = {"stands": "clauses", "bitten": "seen in", "mend": "how to fix", "aims": "expects"}


def add(commands: Any) -> None:
    """Registers the command."""
    help = "explain a check, clause, fault, case or provider: its requirement or requests, its faults, how to fix it"
    parser = add_command_parser(commands, "explain", run, help)
    parser.add_argument(
        "id", metavar="ID", help="id to explain, such as stream.usage, IIO-ERR-002, done-missing or chat-basic"
    )
    parser.add_argument(
        "--provider",
        metavar="NAME",
        help="provider for which the requests of a case are shown (default: openai, or the first that has the case)",
    )
    add_matrix_option(parser)
    show_examples(
        parser,
        "wireproof explain stream.usage                          # a check",
        "wireproof explain IIO-ERR-002                           # a clause",
        "wireproof explain chat-basic --provider iio             # a case, with its requests",
        "wireproof explain done-missing --json                   # a fault of the reference server",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the facts about an id."""
    from wireproof.contract import loading
    from wireproof.proof.explain import IdIndex

    providers = loading.load_providers(Path(options.providers) if options.providers else None)
    facts = IdIndex.from_providers(providers, read_matrix(options) or {}).explain(options.id, options.provider)
    print(json.dumps(facts, indent=1, ensure_ascii=False) if options.json else to_text(facts))
    return 0


def to_text(facts: dict[str, Any]) -> str:
    """The facts as text, one line each; long lists are cut."""
    lines = [f"{facts['id']} ({facts['kind']})"]
    for name, value in facts.items():
        if name in ("id", "kind", "bases", "sends") or value in (None, "", [], {}):
            continue
        lines += _headed(HEADINGS.get(name, name.replace("_", " ")), _value_lines(value))
    return "\n".join([*lines, *_request_lines(facts)])


def _request_lines(facts: dict[str, Any]) -> Iterator[str]:
    """The bases and the requests of a case; bases that differ between steps are shown with each step."""
    from wireproof.report.docs.request_text import Chain, numbered, request_lines, settings

    chains: list[Chain] = facts.get("bases", [])
    shared = all(chain == chains[0] for chain in chains)
    if shared and any(chains):
        yield from _headed("bases", [_base_text(base) for base in chains[0]])
    for heading, bases, sent in numbered(chains, facts["sends"]) if "sends" in facts else ():
        extra = [f"base: {_base_text(base)}" for base in bases if not shared] + settings(sent)
        yield from ("", f"  {heading}", *(f"    {line}" for line in extra), *([""] if extra else []))
        yield from (f"    {line}".rstrip() for line in request_lines(sent))


def _base_text(base: Mapping[str, str]) -> str:
    return f"{base['case']} ({base['file']})"


def _headed(heading: str, items: list[str]) -> Iterator[str]:
    more = [f"and {len(items) - MAX_ITEMS_PER_LIST} more"] if len(items) > MAX_ITEMS_PER_LIST else []
    first, *rest = [*items[:MAX_ITEMS_PER_LIST], *more]
    yield f"  {heading:<17}{first}"
    yield from (f"{'':<19}{line}" for line in rest)


def _value_lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}: {', '.join(one) if isinstance(one, list | dict) else one}" for key, one in value.items()]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
