"""The commands of `wireproof`, one a module: `add` registers its arguments and what it runs."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wireproof.errors import ConfigError

RunCommand = Callable[[argparse.Namespace], int]
MATRIX_FILE = "tests/matrix.json"


def add_command_parser(commands: Any, name: str, run: RunCommand, help: str) -> argparse.ArgumentParser:
    """The parser of a command that may print JSON and read providers of one's own."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print JSON")
    as_of_check(parser, "providers")
    parser.set_defaults(run=run)
    return parser


def as_of_check(parser: argparse.ArgumentParser, *names: str) -> None:
    """Options about targets, as `wireproof check` has them."""
    from wireproof.contract.option_table import BY_NAME

    for name in names:
        parser.add_argument(BY_NAME[name].flag, **BY_NAME[name].keywords)


def add_providers_option(parser: argparse.ArgumentParser, help: str = "only this provider (repeatable)") -> None:
    """The option that narrows a command down to some providers."""
    parser.add_argument("--provider", action="append", default=[], metavar="NAME", help=help)


def add_matrix_option(parser: argparse.ArgumentParser) -> None:
    """The option that names the matrix of an earlier proof."""
    told = f"the matrix that `wireproof prove --write` made (default: {MATRIX_FILE}, where there is one)"
    parser.add_argument("--matrix", metavar="FILE", help=told)


def read_matrix(options: argparse.Namespace) -> Any:
    """The matrix of an earlier proof; None where none is named and none is there.

    Raises ConfigError where it cannot be read.
    """
    if options.matrix is None and not Path(MATRIX_FILE).is_file():
        return None
    file = Path(options.matrix or MATRIX_FILE)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        remedy = "make it by `wireproof prove --write FILE`"
        raise ConfigError(f"--matrix {file}", f"it cannot be read ({error})", remedy) from None


def add_load_run_options(
    parser: argparse.ArgumentParser, kind: str, *, provider: str, cells: int, latency: str
) -> None:
    """The options of a command that makes load runs of its own: whom they ask, and where the result goes."""
    option = parser.add_argument
    option("--host", metavar="URL", help="base URL to load, or several with commas between (default: local cells)")
    option(
        "--provider",
        default=provider,
        metavar="NAME",
        help=f"provider whose contract the host speaks (default: {provider})",
    )
    as_of_check(parser, "providers")
    text = f"local cells to start where no --host is given (default: {cells})"
    option("--cells", type=int, default=cells, metavar="N", help=text)
    text = f"latency profile of the local cells, one of load/cells.yaml (default: {latency})"
    option("--latency", default=latency, metavar="NAME", help=text)
    option("--write", metavar="FILE", help=f"write the result as JSON (schemas/formats/{kind}.json)")
    option("--json", action="store_true", help="print the result as JSON")


def show_examples(parser: argparse.ArgumentParser, *lines: str) -> None:
    """End the help of a command with lines that can be typed."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = textwrap.fill(parser.description or "", 78)
    parser.epilog = "\n".join(["examples:", *(f"  {line}" for line in lines)])


def write_file(file: Path, text: str, option: str = "--write") -> None:
    """Write what an option asks for; raises ConfigError where that cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        problem = f"it cannot be written ({error.strerror})"
        raise ConfigError(f"{option} {file}", problem, "name another place") from None
