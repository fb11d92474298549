"""`wireproof clauses`: what each document says, and which check judges it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, add_providers_option, write_file


def add(commands: Any) -> None:
    """Register the command."""
    parser = add_command_parser(commands, "clauses", run, "list the clauses, their judgements and what is pending")
    add_providers_option(parser)
    parser.add_argument("--pending", action="store_true", help="only what is not built yet")
    parser.add_argument("--write", metavar="FOLDER", help="write a page for each provider into this folder")


def run(options: argparse.Namespace) -> int:
    """Print the clauses, or write their pages."""
    from wireproof.contract import loading
    from wireproof.report.docs import clause_pages

    providers = loading.load_providers(Path(options.providers) if options.providers else None)
    names = options.provider or list(providers)
    found = [
        (name, clause)
        for name in names
        for clause in loading.load_clauses(loading.find_provider(providers, name).schemas)
        if not options.pending or clause.state == "pending"
    ]
    if options.write:
        for name in names:
            page = clause_pages.clause_page(providers[name], [clause for of, clause in found if of == name])
            write_file(Path(options.write) / f"{name}.md", page)
        return 0
    if options.json:
        print(json.dumps([clause_pages.clause_data(name, clause) for name, clause in found], indent=1))
        return 0
    for name, clause in found:
        print(clause_pages.clause_line(name, clause))
    for name in names:
        listed = [clause for of, clause in found if of == name]
        print(f"{name}: {len(listed)} clauses, {clause_pages.count_states(listed)}")
    return 0
