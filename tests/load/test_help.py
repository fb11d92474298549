"""The help of `wireproof load` and of the commands that make load runs of their own."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest

from wireproof.cli.main import main

COMMANDS = ("load", "sweep", "failover", "limits", "calibrate")
OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z-]*")
# The name of an option with its value, before what is told of it.
NAMES = re.compile(r"^  -.*?(?:  +|\n +)(?=\S)", re.M)


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The help of a command: its options, and its examples."""
    with suppress(SystemExit):
        main([command, "--help"])
    options, _, examples = capsys.readouterr().out.partition("examples:\n")
    return options, examples


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_a_command_have_options_that_there_are(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {word for name in {command, "load"} for word in OPTION.findall(help_of(name, capsys)[0])}
    lines = help_of(command, capsys)[1].splitlines()
    assert any(f"wireproof {command} " in line for line in lines)
    for line in lines:
        assert set(OPTION.findall(line.partition("#")[0])) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_of_help_needs_the_one_before_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = NAMES.split(help_of(command, capsys)[0])[1:]
    assert len(told) > 5
    assert [text for text in told if re.match(r"(of|as of|their|the same)\b", text)] == []


def test_the_help_of_load_names_its_own_options_and_those_of_locust_that_are_wanted_most(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options, _ = help_of("load", capsys)
    assert {"--slo", "--threshold", "--scenarios", "--i-may-load-this-host", "--users", "--run-time"} <= set(
        OPTION.findall(options)
    )
