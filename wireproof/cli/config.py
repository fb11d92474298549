"""`wireproof config`: prints the options that files and variables set, or writes the tables of all options."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import show_examples, write_file
from wireproof.cli.configuration import CONFIGURED, settings_in_effect
from wireproof.errors import ConfigError


def add(commands: Any) -> None:
    """Registers the command."""
    help = "show the options that a configuration file and the environment set, and where each comes from"
    parser = commands.add_parser("config", help=help, description=help)
    text = "command whose options are shown (default: each that reads configuration)"
    parser.add_argument("command", metavar="COMMAND", nargs="?", choices=CONFIGURED, help=text)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    text = "write the tables of all options into this page, between its two marks"
    parser.add_argument("--write", metavar="FILE", type=Path, help=text)
    show_examples(
        parser,
        "wireproof config                                        # what applies here, by command",
        "wireproof config check --json",
        "wireproof config --write docs/configuration.md",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the options in effect, or writes the tables; raises ConfigError for a wrong configuration."""
    if options.write:
        return _write_tables(options.write)
    commands = [options.command] if options.command else CONFIGURED
    rows = [
        {"command": command, "option": word, "source": setting.place}
        for command in commands
        for setting, words in settings_in_effect(command, (), os.environ, Path.cwd())
        for word in words
    ]
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print(f"{row['command']:<9} {row['option']:<40} {row['source']}")
    if not rows:
        print("no configuration file and no variable sets an option")
    return 0


def _write_tables(file: Path) -> int:
    from wireproof.cli.configuration_page import with_tables

    try:
        page = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--write {file}", f"it cannot be read ({error.strerror})", "name a page") from None
    write_file(file, with_tables(page))
    return 0
