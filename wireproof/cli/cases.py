"""`wireproof cases`: lists the cases, or writes their pages."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, show_examples, write_file


def add(commands: Any) -> None:
    """Registers the command."""
    parser = add_command_parser(commands, "cases", run, "list the cases with their purpose and their requests")
    parser.add_argument("--write", metavar="FOLDER", help="write a page for each area and an index into this folder")
    show_examples(
        parser,
        "wireproof cases                                         # one line for each case",
        "wireproof cases --json                                  # with all requests",
        "wireproof cases --write docs/cases",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the cases, or writes their pages."""
    from wireproof.contract import loading
    from wireproof.report.docs.case_pages import case_pages

    if options.write:
        for name, page in case_pages(_case_facts(options)).items():
            write_file(Path(options.write) / name, page)
        return 0
    if options.json:
        print(json.dumps(_case_facts(options), indent=1, ensure_ascii=False))
        return 0
    cases = loading.load_cases().values()
    for case in cases:
        print(f"{case.name:<40} {case.endpoint:<16} {case.profile:<5} {case.says}")
    print(f"{len(cases)} cases")
    return 0


def _case_facts(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The facts about every case, with its requests."""
    from wireproof.contract import loading
    from wireproof.proof.explain import IdIndex

    index = IdIndex.from_providers(loading.load_providers(Path(options.providers) if options.providers else None), {})
    return [index.explain(name) for name in index.cases]
