"""The command line that sends a failing request again: its check, its case and hypothesis's code for it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from wireproof.contract.option_table import BY_NAME
from wireproof.contract.target_options import TargetOptions
from wireproof.errors import ConfigError

# The note that hypothesis adds to a failure.
HYPOTHESIS_NOTE = re.compile(r"@reproduce_failure\('([^']+)', b'([^']+)'\)")
# The options that describe the target.
TARGET_OPTIONS = ("endpoint", "key_env", "providers", "tier", "model", "key", "header")
REPLAY_TEXT = re.compile(r"([a-z.-]+)@([a-z0-9:-]+)=([0-9.]+):([\w+/=-]+)")


@dataclass(frozen=True, slots=True)
class Replay:
    """One generated request, as `--replay` names it.

    Attributes:
        version: the version of hypothesis that made the blob.
        blob: hypothesis's code for the request.
    """

    check: str
    case: str
    version: str
    blob: bytes

    @classmethod
    def from_text(cls, text: str) -> Replay:
        """Parses the value of `--replay`; raises ConfigError if it cannot be parsed."""
        match = REPLAY_TEXT.fullmatch(text)
        if match is None:
            raise ConfigError(f"--replay {text}", "it cannot be parsed", "copy the line that the failure prints")
        return cls(match[1], match[2], match[3], match[4].encode())

    @classmethod
    def from_error(cls, check: str, case: str, error: BaseException) -> Replay | None:
        """The request for which hypothesis raised this error; None if the error has no note of it."""
        notes = "\n".join(getattr(error, "__notes__", ()))
        match = HYPOTHESIS_NOTE.search(notes)
        return None if match is None else cls(check, case, match[1], match[2].encode())

    def __str__(self) -> str:
        return f"{self.check}@{self.case}={self.version}:{self.blob.decode()}"

    def command_line(self, options: TargetOptions, target: str) -> str:
        """The command that sends the request again."""
        words = ["wireproof", "check", "--provider", target, *_words(options), "--replay", str(self)]
        return " ".join(map(shlex.quote, words))


def _words(options: TargetOptions) -> Iterator[str]:
    """Yields the words of the target's options on a command line."""
    for row in (BY_NAME[name] for name in TARGET_OPTIONS):
        value = row.value_in(options.given)
        for item in value if row.repeated else [value]:
            yield from (row.flag, str(item)) if item is not None else ()
