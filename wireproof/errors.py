"""The errors of our side of the wire.

    WireproofError                 ends a command with exit code 2
    ├── ConfigError                a file, an option or a variable is wrong; names the place and the remedy
    └── LedgerError                recorded evidence cannot be read

A promise that the target breaks is a `check.Violation` instead.
"""

from __future__ import annotations


class WireproofError(Exception):
    """An error that keeps a run from reaching its verdicts."""


class ConfigError(WireproofError):
    """A wrong file, option or variable; the message is one sentence: place, problem, remedy."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}")
        self.where, self.problem, self.remedy = where, problem, remedy


class LedgerError(WireproofError):
    """Recorded evidence that cannot be read."""
