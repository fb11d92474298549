"""`wireproof cases`: every request that can be sent, and the pages that show them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, write_file


def add(commands: Any) -> None:
    """Register the command."""
    parser = add_command_parser(commands, "cases", run, "list the cases: what each is for, and what it sends")
    parser.add_argument("--write", metavar="FOLDER", help="write a page for each area, and an index, into this folder")


def run(options: argparse.Namespace) -> int:
    """Print the cases, or write their pages."""
    from wireproof.contract import loading
    from wireproof.report.docs.case_pages import case_pages

    if options.write:
        for name, page in case_pages(_explained(options)).items():
            write_file(Path(options.write) / name, page)
        return 0
    if options.json:
        print(json.dumps(_explained(options), indent=1, ensure_ascii=False))
        return 0
    cases = loading.load_cases().values()
    for case in cases:
        print(f"{case.name:<40} {case.endpoint:<16} {case.profile:<5} {case.says}")
    print(f"{len(cases)} cases")
    return 0


def _explained(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The facts of every case, its requests among them."""
    from wireproof.contract import loading
    from wireproof.proof.explain import IdIndex

    library = IdIndex.from_providers(loading.load_providers(Path(options.providers) if options.providers else None), {})
    return [library.explain(name) for name in library.cases]
