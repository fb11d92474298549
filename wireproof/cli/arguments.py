"""Arguments that several commands share, the examples in their help, and the files that they read and write."""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean

RunCommand = Callable[[argparse.Namespace], int]
MATRIX_FILE = "tests/matrix.json"
# How argparse words a wrong choice; the quotes around the choices depend on its version.
INVALID_CHOICE = re.compile(r"invalid choice: '(?P<word>[^']*)' \(choose from (?P<choices>.*)\)")
# The file of the gates is beside that of the matrix.
GATE_FILE_NAME = "gate.json"


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors about options and choices name the likely meaning; each ends with exit code 2."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses arguments; raises ConfigError for an option that is not known."""
        parsed, unknown = super().parse_known_args(args, namespace)
        check_options_known(self.prog, [word for word in unknown if word.startswith("-")], option_strings(self))
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Ends the process with the message and, for a wrong choice, with the likely meaning."""
        wrong = INVALID_CHOICE.search(message)
        if wrong:
            message = "; ".join(filter(None, [message, did_you_mean(wrong["word"], choices_of(wrong))]))
        super().error(message)


def option_strings(parser: argparse.ArgumentParser) -> list[str]:
    """The options of a parser, as they are written."""
    return [text for action in parser._actions for text in action.option_strings]


def choices_of(wrong: re.Match[str]) -> list[str]:
    """The choices in argparse's error about a wrong one."""
    return [choice.strip(" '") for choice in wrong["choices"].split(",")]


def check_options_known(command: str, unknown: Sequence[str], known: Iterable[str]) -> None:
    """Raises ConfigError with the likely meaning if an option is not known."""
    for word in unknown:
        name = word.partition("=")[0]
        remedy = f"see `{command} --help`"
        raise ConfigError(f"{command} {name}", "there is no such option", did_you_mean(name, known, remedy))


def add_command_parser(commands: Any, name: str, run: RunCommand, help: str) -> argparse.ArgumentParser:
    """Adds the parser of a command with the options `--json`, `--providers` and `--suite`."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    as_of_check(parser, "providers", "suite")
    parser.set_defaults(run=run)
    return parser


def as_of_check(parser: argparse.ArgumentParser, *names: str) -> None:
    """Adds options about targets, named by the attributes of parsed options, as `wireproof check` has them."""
    from wireproof.contract.option_table import BY_NAME

    for name in names:
        parser.add_argument(BY_NAME[name].flag, **BY_NAME[name].keywords)


def add_providers_option(
    parser: argparse.ArgumentParser, help: str = "name of a provider to include (repeatable; default: all)"
) -> None:
    """Adds the option that restricts a command to some providers."""
    parser.add_argument("--provider", action="append", default=[], metavar="NAME", help=help)


def add_text_filter(parser: argparse.ArgumentParser) -> None:
    """Adds the texts that a list is restricted to."""
    text = "list only what has each of these texts in its id or its sentence (default: everything)"
    parser.add_argument("text", metavar="TEXT", nargs="*", help=text)


def matches_text(texts: Iterable[str], *fields: str) -> bool:
    """True if each of the texts is in one of the fields, whatever the case of the letters."""
    return all(any(text.lower() in field.lower() for field in fields) for text in texts)


def add_matrix_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names the kill matrix of an earlier proof."""
    text = f"kill matrix that `wireproof prove --write` wrote (default: {MATRIX_FILE} if it exists)"
    parser.add_argument("--matrix", metavar="FILE", help=text)


def read_matrix(options: argparse.Namespace) -> Any:
    """The kill matrix of an earlier proof; None if no file is named and the default file does not exist.

    Raises ConfigError if the file cannot be read.
    """
    if options.matrix is None and not Path(MATRIX_FILE).is_file():
        return None
    return _read_proof_file(Path(options.matrix or MATRIX_FILE))


def read_gates(options: argparse.Namespace) -> Any:
    """The gates of an earlier proof, from the file beside the kill matrix; None if there is no such file.

    Raises ConfigError if the file cannot be read.
    """
    file = gate_file(options.matrix or MATRIX_FILE)
    return _read_proof_file(file) if file.is_file() else None


def gate_file(matrix: str) -> Path:
    """The file of the gates that belongs to a file of the kill matrix."""
    return Path(matrix).with_name(GATE_FILE_NAME)


def _read_proof_file(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        remedy = "write it with `wireproof prove --write FILE`"
        raise ConfigError(f"--matrix {file}", f"it cannot be read ({error})", remedy) from None


def add_load_run_options(
    parser: argparse.ArgumentParser, kind: str, *, provider: str, cells: int, latency: str
) -> None:
    """Adds the options of a command that makes load runs: their target, and the file of the result."""
    option = parser.add_argument
    option("-l", "--list", action="store_true", help="list the scenarios, with a sentence for each")
    text = "base URL of the API to load; commas separate several (default: local cells)"
    option("--endpoint", "-H", "--host", dest="host", metavar="URL", help=text)
    option(
        "--provider",
        default=provider,
        metavar="NAME",
        help=f"provider whose contract the host implements (default: {provider})",
    )
    as_of_check(parser, "name", "providers")
    text = f"number of local cells to start without --endpoint (default: {cells})"
    option("--cells", type=int, default=cells, metavar="N", help=text)
    text = f"latency profile of the local cells, a name of load/cells.yaml (default: {latency})"
    option("--latency", default=latency, metavar="NAME", help=text)
    option("--write", metavar="FILE", help=f"write the result as JSON to this file (schemas/formats/{kind}.json)")
    option("--json", action="store_true", help="print the result as JSON")


def parse_own(
    arguments: Sequence[str], own: argparse.ArgumentParser, other: argparse.ArgumentParser
) -> tuple[argparse.Namespace, list[str]]:
    """The parsed options of a command, and the words that it passes on to another command.

    A value of an option that is not known would else be taken for a positional argument.
    """
    known = set(option_strings(own))
    passed_on = {text: one for one in other._actions for text in one.option_strings if text not in known}
    own_words, others, words = list[str](), list[str](), iter(arguments)
    for word in words:
        action = passed_on.get(word)
        if action is not None:
            others += [word] if action.nargs == 0 else [word, *(value for value in [next(words, None)] if value)]
        else:
            (others if word.partition("=")[0] in passed_on else own_words).append(word)
    options, unknown = own.parse_known_args(own_words)
    return options, [*others, *unknown]


def show_examples(parser: argparse.ArgumentParser, *lines: str) -> None:
    """Ends the help of a command with examples; a `#` starts a comment in a line."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = textwrap.fill(parser.description or "", 78)
    parser.epilog = "\n".join(["examples:", *(f"  {line}" for line in lines)])


def write_file(file: Path, text: str, option: str = "--write") -> None:
    """Writes a file that an option names; raises ConfigError if that fails."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        problem = f"it cannot be written ({error.strerror})"
        raise ConfigError(f"{option} {file}", problem, "name another file") from None
