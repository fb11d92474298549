"""The one line that asks a failing request again: which check and case, and hypothesis's own word for the request."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from wireproof.contract.option_table import BY_NAME
from wireproof.contract.target_options import TargetOptions
from wireproof.errors import ConfigError

# What hypothesis tells of a failure.
HYPOTHESIS_NOTE = re.compile(r"@reproduce_failure\('([^']+)', b'([^']+)'\)")
# The options that say whom to ask, and how.
ASKING = ("endpoint", "key_env", "providers", "tier", "model", "key", "header")
REPLAY_TEXT = re.compile(r"([a-z.-]+)@([a-z0-9:-]+)=([0-9.]+):([\w+/=-]+)")


@dataclass(frozen=True, slots=True)
class Replay:
    """One generated request by the check and the case it belongs to; `blob` is hypothesis's, of that version."""

    check: str
    case: str
    version: str
    blob: bytes

    @classmethod
    def from_text(cls, text: str) -> Replay:
        """Read what `--replay` is given; raises ConfigError where it is no such text."""
        found = REPLAY_TEXT.fullmatch(text)
        if found is None:
            raise ConfigError(f"--replay {text}", "it does not read", "copy the line that the failure prints")
        return cls(found[1], found[2], found[3], found[4].encode())

    @classmethod
    def from_error(cls, check: str, case: str, error: BaseException) -> Replay | None:
        """The request that made hypothesis raise this; None where it does not tell."""
        notes = "\n".join(getattr(error, "__notes__", ()))
        found = HYPOTHESIS_NOTE.search(notes)
        return None if found is None else cls(check, case, found[1], found[2].encode())

    def __str__(self) -> str:
        return f"{self.check}@{self.case}={self.version}:{self.blob.decode()}"

    def command_line(self, options: TargetOptions, target: str) -> str:
        """The command that asks it again."""
        words = ["wireproof", "check", "--provider", target, *_words(options), "--replay", str(self)]
        return " ".join(map(shlex.quote, words))


def _words(options: TargetOptions) -> Iterator[str]:
    """Those options as they are written on a command line."""
    for row in (BY_NAME[name] for name in ASKING):
        value = row.value_in(options.given)
        for one in value if row.repeated else [value]:
            yield from (row.flag, str(one)) if one is not None else ()
