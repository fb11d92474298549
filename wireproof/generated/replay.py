"""The one line that asks a failing request again: which check and case, and hypothesis's own word for the request."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from wireproof.aim import Aim
from wireproof.errors import ConfigError

# What hypothesis tells of a failure.
NOTE = re.compile(r"@reproduce_failure\('([^']+)', b'([^']+)'\)")
TEXT = re.compile(r"([a-z.-]+)@([a-z0-9:-]+)=([0-9.]+):([\w+/=-]+)")


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
        found = TEXT.fullmatch(text)
        if found is None:
            raise ConfigError(f"--replay {text}", "it does not read", "copy the line that the failure prints")
        return cls(found[1], found[2], found[3], found[4].encode())

    @classmethod
    def of(cls, check: str, case: str, error: BaseException) -> Replay | None:
        """The request that made hypothesis raise this; None where it does not tell."""
        notes = "\n".join(getattr(error, "__notes__", ()))
        found = NOTE.search(notes)
        return None if found is None else cls(check, case, found[1], found[2].encode())

    def __str__(self) -> str:
        return f"{self.check}@{self.case}={self.version}:{self.blob.decode()}"

    def line(self, aim: Aim, target: str) -> str:
        """The command that asks it again."""
        words = ["wireproof", "check", "--provider", target, *_aimed(aim), "--replay", str(self)]
        return " ".join(map(shlex.quote, words))


def _aimed(aim: Aim) -> Iterator[str]:
    """The options that say whom to ask, and how."""
    one = {"--endpoint": aim.endpoint, "--key-env": aim.key_env, "--providers": aim.providers_file, "--tier": aim.tier}
    for name, value in one.items():
        yield from (name, str(value)) if value is not None else ()
    for name, values in {"--model": aim.models, "--key": aim.means, "--header": aim.headers}.items():
        for value in values:
            yield from (name, value)
