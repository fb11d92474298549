"""Scripted answers as values: turns, each with the requests that it matches and the answer to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wireproof.errors import ConfigError
from wireproof.mock.protocol.messages import Headers

ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """One call of a tool; its arguments are the text that is sent, JSON or not."""

    name: str
    arguments: str

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> ScriptedCall:
        arguments = row.get("arguments", {})
        return cls(row["name"], arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class ScriptedError:
    """An error answer, in the envelope of the profile."""

    status: int
    message: str
    code: str | None = None
    type: str | None = None
    headers: Headers = ()

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> ScriptedError:
        headers = tuple((name, str(value)) for name, value in row.get("headers", {}).items())
        return cls(row["status"], row.get("message", "A scripted error."), row.get("code"), row.get("type"), headers)


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """The words of the model: a text, calls or both, a refusal, or an error in place of an answer.

    Attributes:
        finish_reason: the reason why it ends; None for the one that follows from the rest.
        delay_s: the seconds before the answer begins.
    """

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    refusal: str = ""
    error: ScriptedError | None = None
    finish_reason: str | None = None
    delay_s: float = 0.0

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> ScriptedAnswer:
        return cls(
            text=row.get("text", ""),
            calls=tuple(map(ScriptedCall.from_mapping, row.get("calls", ()))),
            refusal=row.get("refusal", ""),
            error=ScriptedError.from_mapping(row["error"]) if "error" in row else None,
            finish_reason=row.get("finish_reason"),
            delay_s=row.get("delay", 0.0),
        )


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """One turn of a script.

    Attributes:
        endpoint: the endpoint that it answers; None for each.
        contains: a part of the last message; None for any message.
        pattern: a regular expression that the last message matches somewhere; None for any message.
        number: the number of the request of its account, counted from 1; None for any.
        times: the requests of each account that it answers; None for all.
    """

    answer: ScriptedAnswer
    endpoint: str | None = None
    contains: str | None = None
    pattern: re.Pattern[str] | None = None
    number: int | None = None
    times: int | None = 1

    def matches(self, endpoint: str, message: str, number: int) -> bool:
        return (
            self.endpoint in (None, endpoint)
            and self.number in (None, number)
            and (self.contains is None or self.contains in message)
            and (self.pattern is None or self.pattern.search(message) is not None)
        )


def turns_from_data(rows: Iterable[Mapping[str, Any]], place: str) -> tuple[ScriptedTurn, ...]:
    """Returns the turns of a script that fits its schema; raises ConfigError for a broken regular expression."""
    return tuple(_turn_from_row(row, f"{place}, /{index}") for index, row in enumerate(rows))


def _turn_from_row(row: Mapping[str, Any], place: str) -> ScriptedTurn:
    match, times = row.get("match", {}), row.get("times", 1)
    return ScriptedTurn(
        answer=ScriptedAnswer.from_mapping(row["answer"]),
        endpoint=match.get("endpoint"),
        contains=match.get("contains"),
        pattern=_compile(match["matches"], f"{place}/match/matches") if "matches" in match else None,
        number=match.get("turn"),
        times=None if times == ALWAYS else times,
    )


def _compile(pattern: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(place, f"{pattern!r} is no regular expression ({error})", "correct it") from None
