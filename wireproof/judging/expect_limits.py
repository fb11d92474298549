"""What the headers of a limit say: whole numbers, and how long to wait.

Each reads one header as the contract writes it, or raises `Violation` with the form that was due.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wireproof.contract.mock_controls import CLOCK
from wireproof.formats.durations import EARLIEST_UNIX_TIME, duration_s, seconds_until
from wireproof.judging.check import Exchange, Inconclusive, Provider, Violation
from wireproof.judging.expect_values import condition, header

# A client holds a count in 64 bits.
WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def server_time(exchange: Exchange) -> float:
    """When a request happened by the clock of its server, in Unix seconds."""
    return exchange.sent_at + float(exchange.request.header(CLOCK) or 0)


def is_whole_number(text: str) -> bool:
    """Whether a text is a whole number that a client can hold, in 64 bits."""
    return WHOLE_NUMBER.fullmatch(text) is not None


def whole_number(exchange: Exchange, name: str) -> int:
    """The value of a header that holds a whole number of zero or more."""
    __tracebackhide__ = True
    value = header(exchange, name)
    condition(is_whole_number(value), "a whole number of zero or more", value, where=f"header {name}")
    return int(value)


def header_int(exchange: Exchange, name: str) -> int:
    """The whole number in a header; whether it is there and is one is for the checks of that header."""
    value = exchange.header(name) or ""
    if not is_whole_number(value):
        raise Inconclusive(f"the answer has no whole number in {name}")
    return int(value)


def header_duration_s(exchange: Exchange, name: str) -> float:
    """Seconds of a header that holds a duration such as `6m0s`, `1.5s` or `120ms`."""
    __tracebackhide__ = True
    value = header(exchange, name)
    seconds = duration_s(value)
    if seconds is None:
        raise Violation("a duration such as 6m0s", value, where=f"header {name}")
    return seconds


def reset_after_s(exchange: Exchange, provider: Provider) -> float:
    """Seconds until the limit is whole again, from the reset header in the provider's unit."""
    __tracebackhide__ = True
    name = provider.rate.reset
    if provider.rate.reset_unit == "duration":
        return header_duration_s(exchange, name)
    value = header(exchange, name)
    condition(is_whole_number(value), "whole seconds, or the date in Unix seconds", value, where=f"header {name}")
    number = float(value)
    return number - exchange.sent_at if number > EARLIEST_UNIX_TIME else number


def retry_after_s(exchange: Exchange) -> float:
    """Seconds that Retry-After asks to wait: a number of them, or a date."""
    __tracebackhide__ = True
    value = header(exchange, "Retry-After")
    wait_s = seconds_until(value, exchange.sent_at)
    if wait_s is None:
        raise Violation("whole seconds of zero or more, or an HTTP date", value, where="header Retry-After")
    return wait_s


def read_if_valid(read: Callable[[Exchange], float], exchange: Exchange) -> float:
    """What a header says; whether it is there and well-formed is for the checks of that header."""
    try:
        return read(exchange)
    except Violation as violation:
        raise Inconclusive(str(violation)) from None
