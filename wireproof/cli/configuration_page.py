"""The tables of all options in docs/configuration.md, from the parsers of the commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from wireproof.cli.configuration import CONFIGURED, PASSED_TO, options_of, variable_of
from wireproof.contract.option_table import OPTIONS, TOPICS
from wireproof.errors import ConfigError
from wireproof.formats.markdown_table import text_table
from wireproof.formats.safe_text import code_span

BEGIN, END = "<!-- options: written by `wireproof config --write` -->", "<!-- end of options -->"


def with_tables(page: str) -> str:
    """The page with new tables between its marks; raises ConfigError if it has no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError("--write", "the page has no marks", f"put {BEGIN} and {END} into it")
    return "\n".join([before + BEGIN, "", *_lines(), "", END + after])


def _lines() -> Iterator[str]:
    """A table for each heading of the options about targets, and one for each command with options of its own."""
    commands = {row.name: [name for name in CONFIGURED if row.name in _all_options(name)] for row in OPTIONS}
    for topic in TOPICS:
        yield from (f"### {topic[0].upper()}{topic[1:]}", "")
        rows = [
            [
                _flag_span(row.flag, row.metavar),
                code_span(variable_of(row.name)),
                ", ".join(commands[row.name]),
                row.help,
            ]
            for row in OPTIONS
            if row.topic == topic
        ]
        yield from text_table(["option", "variable", "commands", "meaning"], rows)
        yield ""
    about_targets, of_check = {row.name for row in OPTIONS}, set(options_of("check"))
    for command in CONFIGURED:
        told = about_targets | (set() if command == "check" else of_check - {"report_dir"})
        own = [[_flag(name, one), _help(one)] for name, one in _first_of_each(command) if name not in told]
        if own:
            also = f", and those of `{PASSED_TO[command]}`" if command in PASSED_TO else ""
            yield from (f"### Options of `{command}`{also}", "", *text_table(["option", "meaning"], own), "")


def _all_options(command: str) -> dict[str, argparse.Action]:
    return options_of(command) | (options_of(PASSED_TO[command]) if command in PASSED_TO else {})


def _first_of_each(command: str) -> Iterator[tuple[str, argparse.Action]]:
    """The options of a command by their first long name; another name of the same option is left out."""
    seen = set[str]()
    for name, action in options_of(command).items():
        if action.dest not in seen and action.help != argparse.SUPPRESS:
            seen.add(action.dest)
            yield name, action


def _flag(name: str, action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else None
    choices = "/".join(map(str, action.choices)) if action.choices else None
    return _flag_span(f"--{name.replace('_', '-')}", metavar or choices if action.nargs != 0 else None)


def _flag_span(flag: str, metavar: str | None) -> str:
    return code_span(f"{flag} {metavar}" if metavar else flag)


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%")
