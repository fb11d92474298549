"""Durations and waits as header values state them."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

# A number this large is a date in Unix seconds (after 2001), not a wait.
EARLIEST_UNIX_TIME = 1_000_000_000
SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(?:\d++(?:\.\d++)?(?:ms|s|m|h|d))+")
DURATION_PARTS = re.compile(r"(\d++(?:\.\d++)?)(ms|s|m|h|d)")


def duration_s(value: str) -> float | None:
    """Seconds of a duration such as `6m0s`, `1.5s` or `120ms`; None for any other text."""
    if DURATION.fullmatch(value) is None:
        return None
    return sum(float(number) * SECONDS_PER_UNIT[unit] for number, unit in DURATION_PARTS.findall(value))


def seconds_until(value: str, now: float) -> float | None:
    """Seconds from `now` (Unix time) to what a Retry-After value states (RFC 9110 section 10.2.3).

    None if the value is neither a number nor a date.
    """
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # "-0000" parses to a date without a zone; HTTP dates are in GMT.
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
