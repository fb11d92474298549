"""`wireproof clauses`: lists the clauses of the documents and their checks, or writes their pages."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, add_providers_option, show_examples, write_file


def add(commands: Any) -> None:
    """Registers the command."""
    help = "list the clauses of the documents and of the wire, with their checks"
    parser = add_command_parser(commands, "clauses", run, help)
    add_providers_option(parser)
    parser.add_argument("--pending", action="store_true", help="list only clauses that no check judges yet")

    show_examples(
        parser,
        "wireproof clauses --provider iio",
        "wireproof clauses --provider wire",
        "wireproof clauses --pending --json",
        "wireproof clauses --write docs/clauses",
    )
    parser.add_argument("--write", metavar="FOLDER", help="write a page for each provider into this folder")


def run(options: argparse.Namespace) -> int:
    """Prints the clauses, or writes their pages."""
    from wireproof.contract import loading
    from wireproof.contract.clause import WIRE
    from wireproof.contract.target_columns import WIRE_TITLE, clauses_of_column, folder_of_column, source_of_column
    from wireproof.report.docs import clause_pages

    providers = loading.load_providers(Path(options.providers) if options.providers else None)
    names = options.provider or [WIRE, *providers]
    folders = {
        name: folder_of_column(name, providers) or loading.find_provider(providers, name).schemas for name in names
    }
    selected = [
        (name, clause)
        for name in folders
        for clause in clauses_of_column(name, providers)
        if not options.pending or clause.state == "pending"
    ]
    if options.write:
        for name, folder in folders.items():
            title = WIRE_TITLE if name == WIRE else providers[name].title
            clauses = [clause for owner, clause in selected if owner == name]
            page = clause_pages.clause_page(title, source_of_column(name, providers), folder, clauses)
            write_file(Path(options.write) / f"{name}.md", page)
        return 0
    if options.json:
        print(json.dumps([clause_pages.clause_data(name, clause) for name, clause in selected], indent=1))
        return 0
    for name, clause in selected:
        print(clause_pages.clause_line(name, clause))
    for name in names:
        listed = [clause for owner, clause in selected if owner == name]
        print(f"{name}: {len(listed)} clauses, {clause_pages.count_states(listed)}")
    return 0
