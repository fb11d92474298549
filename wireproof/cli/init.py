"""`wireproof init`: writes a suite of one's own, its settings and a CI job, all of which work as they are."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from wireproof.cli.arguments import show_examples
from wireproof.errors import ConfigError

TEMPLATES = Path(__file__).parent / "new_suite"
SUITE_FOLDER, NAME = "wireproof-suite", "acme"
SUITE_TEMPLATES = ("providers.yaml", "clauses.yaml", "cases.yaml", "faults.yaml", "test_acme.py")
# Template → its place in the folder of the project.
PROJECT_FILES = {"wireproof.toml": "wireproof.toml", "workflow.yml": ".github/workflows/wireproof.yml"}


def add(commands: Any) -> None:
    """Registers the command."""
    help = "write a suite of your own: one contract, clause, case, check and fault, the settings and a CI job"
    parser = commands.add_parser("init", help=help, description=help)
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="folder of the project (default: .)")
    name = f"name of the provider, in small letters (default: {NAME})"
    parser.add_argument("--name", default=NAME, metavar="NAME", help=name)
    show_examples(parser, "wireproof init", "wireproof init --name mygateway && wireproof check")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the files; raises ConfigError if one of them exists, in which case none is written."""
    if not options.name.isascii() or not options.name.isalnum() or not options.name.islower():
        raise ConfigError(f"--name {options.name}", "it is not a name of small letters and digits", "such as mygateway")
    folder = Path(options.folder)
    texts = {folder / SUITE_FOLDER / name: TEMPLATES / name for name in SUITE_TEMPLATES}
    texts |= {folder / place: TEMPLATES / name for name, place in PROJECT_FILES.items()}
    files = {file.with_name(file.name.replace(NAME, options.name)): template for file, template in texts.items()}
    for file in files:
        if file.exists():
            raise ConfigError(str(file), "the file exists", "move it away, or name another folder")
    for file, template in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_renamed(template.read_text(encoding="utf-8"), options.name), encoding="utf-8")
        print(file)
    print(f"next: wireproof check; then change what differs in {folder / SUITE_FOLDER}")
    return 0


def _renamed(text: str, name: str) -> str:
    """A template with the name of the provider in the place of the example's."""
    return text.replace(NAME, name).replace(NAME.upper(), name.upper()).replace(NAME.title(), name.title())
