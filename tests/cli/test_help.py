"""The help of every command: examples that can be typed, and no option without a text."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wireproof.cli import check, failover, load, sweep
from wireproof.cli.command_parsers import PASS_THROUGH, build_parser
from wireproof.cli.main import main

# These commands parse their own arguments, so the main parser knows only their names.
OWN_PARSERS = {
    "check": check.build_parser,
    "load": load.build_parser,
    "sweep": sweep.build_parser,
    "failover": failover.build_parser,
}
# Commands that pass options on: command → the commands that define these options.
PASSED_ON = {"sweep": ("load",), "failover": ("load",)}
OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z-]*")


def subparsers() -> dict[str, argparse.ArgumentParser]:
    (action,) = (one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


COMMANDS = tuple(subparsers())


def parser_of(command: str) -> argparse.ArgumentParser:
    return OWN_PARSERS[command]() if command in OWN_PARSERS else subparsers()[command]


def options_of(command: str) -> set[str]:
    return {option for action in parser_of(command)._actions for option in action.option_strings}


def example_lines(epilog: str | None) -> Iterator[str]:
    """The commands of the examples, without comments."""
    heading, *lines = (epilog or "").splitlines() or [""]
    assert heading == "examples:"
    yield from (line.partition("#")[0].strip() for line in lines)


def test_every_pass_through_command_has_a_parser_for_its_help() -> None:
    assert OWN_PARSERS.keys() == set(PASS_THROUGH)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_a_command_use_only_options_that_exist(command: str) -> None:
    lines = list(example_lines(parser_of(command).epilog))
    assert any(line.split()[:2] == ["wireproof", command] for line in lines)
    for line in lines:
        example = line.split()[1]
        known = {option for name in (example, *PASSED_ON.get(example, ())) for option in options_of(name)}
        assert set(OPTION.findall(line)) <= known, line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_of_a_command_has_a_text(command: str) -> None:
    texts = {action.dest: action.help for action in parser_of(command)._actions}
    assert [name for name, text in texts.items() if not (text and text.strip())] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_ends_with_its_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        main([command, "--help"])
    out = capsys.readouterr().out
    assert f"\nexamples:\n  wireproof {command}" in out
    assert "==SUPPRESS==" not in out


def test_the_main_help_has_examples_and_a_text_for_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s+\S", out, re.M), command
    lines = list(example_lines(build_parser().epilog))
    assert lines
    assert {line.split()[1] for line in lines} <= set(COMMANDS)
