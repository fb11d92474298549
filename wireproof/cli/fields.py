"""`wireproof fields`: every member of every request, and the checks that show it to be obeyed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, write_file


def add(commands: Any) -> None:
    """Register the command."""
    parser = add_command_parser(
        commands, "fields", run, "list the members of requests and what shows each to be obeyed"
    )
    parser.add_argument("--write", metavar="FILE", help="write their page to this file")


def run(options: argparse.Namespace) -> int:
    """Print the members, or write their page."""
    from wireproof.contract import loading
    from wireproof.judging.member_coverage import find_member_coverage
    from wireproof.judging.suite_loader import load_checks
    from wireproof.report.docs.request_fields_page import request_fields_markdown

    providers = loading.load_providers()
    found = find_member_coverage(providers, load_checks())
    if options.write:
        write_file(Path(options.write), request_fields_markdown(found, tuple(providers)))
        return 0
    if options.json:
        print(json.dumps([field.as_data() for field in found], indent=1))
        return 0
    for field in found:
        shown = ", ".join(field.checks or field.by_openai) or field.reason
        print(f"{field.provider:<16} {field.endpoint:<15} {field.name:<24} {field.state:<19} {shown}")
    return 0
