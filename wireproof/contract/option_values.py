"""Parsers of option values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from math import inf

from wireproof.contract import keys
from wireproof.contract.provider import Price
from wireproof.contract.target import Deadlines
from wireproof.errors import ConfigError
from wireproof.formats.durations import duration_s

# Names of header fields (RFC 9110 section 5.1).
HTTP_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read_models(values: Sequence[str]) -> dict[str, str]:
    """Parses models into role → model: `ID` names the chat model, `ROLE=ID` that of a role; an id may contain `=`."""
    pairs = (text.partition("=")[::2] if "=" in text else ("chat", text) for text in values)
    return dict(pairs)


def read_headers(lines: Sequence[str]) -> dict[str, str]:
    """Parses header lines `NAME: VALUE`; raises ConfigError for a line that cannot be sent."""
    headers = {}
    for text in lines:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise ConfigError(f"--header {text!r}", "it is not a header line", "write NAME: VALUE")
        if not keys.SENDABLE_KEY.fullmatch(value.strip()) or not HTTP_TOKEN.fullmatch(name.strip()):
            raise ConfigError(f"--header {text!r}", "it cannot be sent in a header", "write one line of Latin-1")
        headers[name.strip()] = value.strip()
    return headers


def read_price(text: str) -> Price:
    """Parses `IN,OUT`, dollars per million tokens of each; raises ConfigError for anything else."""
    try:
        price = Price(*(float(part) for part in text.split(",")))
    except (TypeError, ValueError):
        price = Price(-1, -1)
    if not (0 <= price.input < inf and 0 <= price.output < inf):
        raise ConfigError(f"--price {text}", "it cannot be parsed", "write IN,OUT in dollars per million tokens")
    return price


def read_deadlines(values: Sequence[str], default: Deadlines) -> Deadlines:
    """The default deadlines updated by `NAME=SECONDS` values; raises ConfigError for anything else."""
    field_names = {field.name.replace("_", "-"): field.name for field in fields(Deadlines)}
    changes: dict[str, float] = {}
    for text in values:
        name, _, seconds = text.partition("=")
        try:
            changes[field_names[name]] = _parse_positive(seconds)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--deadline {text}",
                "it cannot be parsed",
                f"write NAME=SECONDS with NAME of {', '.join(field_names)}",
            ) from None
    return replace(default, **changes)


def read_share(option: str, text: str) -> float:
    """Parses a share such as `60%` or `0.6`; raises ConfigError for anything else."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigError(f"{option} {text}", "it is not a share", "write a percentage such as 60%, or 0.6")
    return share


def _parse_positive(text: str) -> float:
    number = float(text)
    if not 0 < number < inf:
        raise ValueError(text)
    return number


def read_seconds(option: str, text: str) -> float:
    """The seconds of a time such as `60s`, `2m` or `60`; raises ConfigError for any other text."""
    seconds = float(text) if text.isascii() and text.isdigit() else duration_s(text)
    if seconds is None:
        raise ConfigError(f"{option} {text}", "it is not a time", "write it as 60s or 2m")
    return seconds
