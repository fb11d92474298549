"""The help of `wireproof load` and of the commands that start load runs."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest

from wireproof.cli.main import main

COMMANDS = ("load", "sweep", "failover", "limits", "calibrate")
OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z-]*")
# The names of an option with its value, before its description.
NAMES = re.compile(r"^  -.*?(?:  +|\n +)(?=\S)", re.M)


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The two parts of a command's help: options and examples."""
    with suppress(SystemExit):
        main([command, "--help"])
    options, _, examples = capsys.readouterr().out.partition("examples:\n")
    return options, examples


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_use_existing_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = {word for name in {command, "load"} for word in OPTION.findall(help_of(name, capsys)[0])}
    lines = help_of(command, capsys)[1].splitlines()
    assert any(f"wireproof {command} " in line for line in lines)
    for line in lines:
        assert set(OPTION.findall(line.partition("#")[0])) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_every_line_of_help_stands_alone(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    descriptions = NAMES.split(help_of(command, capsys)[0])[1:]
    assert len(descriptions) > 5
    assert [text for text in descriptions if re.match(r"(of|as of|their|the same)\b", text)] == []


def test_the_help_of_load_has_its_own_options_and_the_usual_ones_of_locust(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options, _ = help_of("load", capsys)
    assert {"--slo", "--threshold", "--scenarios", "--i-may-load-this-host", "--users", "--run-time"} <= set(
        OPTION.findall(options)
    )
