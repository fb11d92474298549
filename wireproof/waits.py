"""What the headers of a limit say: whole numbers, and how long to wait.

Each reads one header as the contract writes it, or raises `Violation` with the form that was due.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from wireproof.assertion import header, that
from wireproof.check import Exchange, Inconclusive, Provider, Violation

# A number this large is a date in Unix seconds (after 2001), not a wait.
EPOCH = 1_000_000_000
UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# A client holds a count in 64 bits.
WHOLE = re.compile(r"[0-9]{1,18}")
PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")

# Which tells the bundled server how many seconds later a request happens.
CLOCK = "X-Wireproof-Clock"


def moment(exchange: Exchange) -> float:
    """When a request happened by the clock of its server, in Unix seconds."""
    return exchange.sent_at + float(exchange.request.header(CLOCK) or 0)


def is_whole(text: str) -> bool:
    """Whether a text is a whole number that a client can hold, in 64 bits."""
    return WHOLE.fullmatch(text) is not None


def whole_number(exchange: Exchange, name: str) -> int:
    """The value of a header that holds a whole number of zero or more."""
    __tracebackhide__ = True
    value = header(exchange, name)
    that(is_whole(value), "a whole number of zero or more", value, where=f"header {name}")
    return int(value)


def told(exchange: Exchange, name: str) -> int:
    """The whole number in a header; whether it is there and is one is for the checks of that header."""
    value = exchange.header(name) or ""
    if not is_whole(value):
        raise Inconclusive(f"the answer has no whole number in {name}")
    return int(value)


def duration(exchange: Exchange, name: str) -> float:
    """Seconds of a header that holds a duration such as `6m0s`, `1.5s` or `120ms`."""
    __tracebackhide__ = True
    value = header(exchange, name)
    parts = PARTS.findall(value)
    whole = bool(parts) and "".join(number + unit for number, unit in parts) == value
    that(whole, "a duration such as 6m0s", value, where=f"header {name}")
    return sum(float(number) * UNIT_S[unit] for number, unit in parts)


def reset_after(exchange: Exchange, provider: Provider) -> float:
    """Seconds until the limit is whole again, from the reset header in the provider's unit."""
    __tracebackhide__ = True
    name = provider.rate.reset
    if provider.rate.reset_unit == "duration":
        return duration(exchange, name)
    value = header(exchange, name)
    that(is_whole(value), "whole seconds, or the date in Unix seconds", value, where=f"header {name}")
    number = float(value)
    return number - exchange.sent_at if number > EPOCH else number


def retry_after(exchange: Exchange) -> float:
    """Seconds that Retry-After asks to wait: a number of them, or a date."""
    __tracebackhide__ = True
    value = header(exchange, "Retry-After")
    wait_s = seconds_until(value, exchange.sent_at)
    if wait_s is None:
        raise Violation("whole seconds of zero or more, or an HTTP date", value, where="header Retry-After")
    return wait_s


def seconds_until(value: str, now: float) -> float | None:
    """Seconds of a Retry-After that is read at a moment in Unix seconds; None where it is no number and no date."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # "-0000" parses to a date without a zone; HTTP dates are in GMT.
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(now, UTC)).total_seconds()


def readable(read: Callable[[Exchange], float], exchange: Exchange) -> float:
    """What a header says; whether it is there and well-formed is for the checks of that header."""
    try:
        return read(exchange)
    except Violation as violation:
        raise Inconclusive(str(violation)) from None
