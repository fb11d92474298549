"""The errors of the command line of `wireproof check`, which pytest parses."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest

from wireproof.cli.arguments import INVALID_CHOICE, check_options_known, choices_of, option_strings
from wireproof.errors import ConfigError
from wireproof.formats.near_miss import did_you_mean

UNRECOGNIZED = re.compile(r"unrecognized arguments: (?P<words>.*)")


class UsageErrors:
    """A plugin that words the errors of pytest's command line as those of the other commands."""

    def __init__(self) -> None:
        self._parser: Any = None

    def pytest_addoption(self, parser: Any) -> None:
        """Keeps the parser, whose options a mistyped one may mean."""
        self._parser = parser.optparser

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self) -> Generator[None, object, object]:
        """Raises ConfigError in place of pytest's error about an option."""
        try:
            return (yield)
        except pytest.UsageError as error:
            message = str(error)
            unknown = UNRECOGNIZED.search(message)
            if unknown and self._parser is not None:
                words = [word for word in unknown["words"].split() if word.startswith("-")]
                check_options_known("wireproof check", words, option_strings(self._parser))
            wrong = INVALID_CHOICE.search(message)
            if wrong is None:
                raise
            problem = message.partition("error: ")[2].splitlines()[0]
            remedy = did_you_mean(wrong["word"], choices_of(wrong), "see `wireproof check --help`")
            raise ConfigError("wireproof check", problem, remedy) from None
