"""Values of options, read from the small texts in which they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from math import inf

from wireproof.contract import keys
from wireproof.contract.provider import Price
from wireproof.contract.target import Deadlines
from wireproof.errors import ConfigError

# What RFC 9110, 5.1, lets stand as the name of a header.
HTTP_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read_models(given: Sequence[str]) -> dict[str, str]:
    """Role → model: `ID` names the chat model, `ROLE=ID` any; an id may hold an equals sign after the first."""
    pairs = (text.partition("=")[::2] if "=" in text else ("chat", text) for text in given)
    return dict(pairs)


def read_headers(given: Sequence[str]) -> dict[str, str]:
    """Header lines `NAME: VALUE`; raises ConfigError for one that could not be sent."""
    headers = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise ConfigError(f"--header {text!r}", "it is no header line", "write NAME: VALUE")
        if not keys.SENDABLE_KEY.fullmatch(value.strip()) or not HTTP_TOKEN.fullmatch(name.strip()):
            raise ConfigError(f"--header {text!r}", "it cannot stand in a header", "write one line of Latin-1")
        headers[name.strip()] = value.strip()
    return headers


def read_price(text: str) -> Price:
    """`IN,OUT`: dollars for a million tokens of each; raises ConfigError for anything else."""
    try:
        price = Price(*(float(part) for part in text.split(",")))
    except (TypeError, ValueError):
        price = Price(-1, -1)
    if not (0 <= price.input < inf and 0 <= price.output < inf):
        raise ConfigError(f"--price {text}", "it does not read", "write IN,OUT in dollars for a million tokens")
    return price


def read_deadlines(given: Sequence[str], default: Deadlines) -> Deadlines:
    """The default deadlines with those of `NAME=SECONDS` in their place; raises ConfigError for anything else."""
    known = {field.name.replace("_", "-"): field.name for field in fields(Deadlines)}
    changes: dict[str, float] = {}
    for text in given:
        name, _, seconds = text.partition("=")
        try:
            changes[known[name]] = _parse_positive(seconds)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--deadline {text}",
                "it does not read",
                f"write NAME=SECONDS with NAME of {', '.join(known)}",
            ) from None
    return replace(default, **changes)


def _parse_positive(text: str) -> float:
    number = float(text)
    if not 0 < number < inf:
        raise ValueError(text)
    return number
