"""`wireproof fields`: lists the members of requests with the checks that prove their effect, or writes their page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import add_command_parser, show_examples, write_file


def add(commands: Any) -> None:
    """Registers the command."""
    parser = add_command_parser(
        commands, "fields", run, "list the members of requests, with the checks that prove their effect"
    )
    parser.add_argument("--write", metavar="FILE", help="write the page of request members to this file")
    show_examples(parser, "wireproof fields", "wireproof fields --json", "wireproof fields --write docs/fields.md")


def run(options: argparse.Namespace) -> int:
    """Prints the members, or writes their page."""
    from wireproof.contract import loading
    from wireproof.judging.member_coverage import find_member_coverage
    from wireproof.judging.suite_loader import load_checks
    from wireproof.report.docs.request_fields_page import request_fields_markdown

    providers = loading.load_providers()
    members = find_member_coverage(providers, load_checks())
    if options.write:
        write_file(Path(options.write), request_fields_markdown(members, tuple(providers)))
        return 0
    if options.json:
        print(json.dumps([member.as_data() for member in members], indent=1))
        return 0
    for member in members:
        proof = ", ".join(member.checks or member.by_openai) or member.reason
        print(f"{member.provider:<16} {member.endpoint:<15} {member.name:<24} {member.state:<19} {proof}")
    return 0
