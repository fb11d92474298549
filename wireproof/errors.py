"""What can go wrong on our side of the wire.

    WireproofError                 leaves with exit code 2
    ├── ConfigError                a file, an option or a variable is wrong; says where and how to mend it
    └── LedgerError                recorded evidence cannot be read

A promise broken by the target is none of these: it is a `check.Violation`.
"""

from __future__ import annotations


class WireproofError(Exception):
    """Anything that keeps a run from reaching its verdicts."""


class ConfigError(WireproofError):
    """A file, an option or a variable is wrong; the message is one sentence with the remedy."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}")
        self.where, self.problem, self.remedy = where, problem, remedy


class LedgerError(WireproofError):
    """Recorded evidence cannot be read back."""
