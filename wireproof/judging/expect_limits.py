"""Expectations about the headers of a limit: whole numbers, and times to wait.

Each function reads one header in the form that the contract names, or raises `Violation` with that form.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wireproof.contract.mock_controls import CLOCK
from wireproof.formats.durations import EARLIEST_UNIX_TIME, duration_s, seconds_until
from wireproof.judging.check import Exchange, Inconclusive, Provider, Violation
from wireproof.judging.expect_values import condition, header

# Every client can store such a number in 64 bits.
WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def server_time(exchange: Exchange) -> float:
    """The time of a request by the server's clock, in Unix seconds; the mock's clock can be moved by a header."""
    return exchange.sent_at + float(exchange.request.header(CLOCK) or 0)


def is_whole_number(text: str) -> bool:
    """True if a text is a whole number that fits into 64 bits."""
    return WHOLE_NUMBER.fullmatch(text) is not None


def whole_number(exchange: Exchange, name: str) -> int:
    """Requires a header with a whole number of zero or more; returns the number."""
    __tracebackhide__ = True
    value = header(exchange, name)
    condition(is_whole_number(value), "a whole number of zero or more", value, where=f"header {name}")
    return int(value)


def header_int(exchange: Exchange, name: str) -> int:
    """The whole number in a header; raises Inconclusive without one, since other checks judge that header."""
    value = exchange.header(name) or ""
    if not is_whole_number(value):
        raise Inconclusive(f"the answer has no whole number in {name}")
    return int(value)


def header_duration_s(exchange: Exchange, name: str) -> float:
    """Requires a header with a duration such as `6m0s`, `1.5s` or `120ms`; returns its seconds."""
    __tracebackhide__ = True
    value = header(exchange, name)
    seconds = duration_s(value)
    if seconds is None:
        raise Violation("a duration such as 6m0s", value, where=f"header {name}")
    return seconds


def reset_after_s(exchange: Exchange, provider: Provider) -> float:
    """The seconds until the limit is reset, from the reset header in the provider's unit."""
    __tracebackhide__ = True
    name = provider.rate.reset
    if provider.rate.reset_unit == "duration":
        return header_duration_s(exchange, name)
    value = header(exchange, name)
    condition(is_whole_number(value), "whole seconds, or the date in Unix seconds", value, where=f"header {name}")
    number = float(value)
    return number - exchange.sent_at if number > EARLIEST_UNIX_TIME else number


def retry_after_s(exchange: Exchange) -> float:
    """The seconds to wait by Retry-After, which holds seconds or an HTTP date (RFC 9110 section 10.2.3)."""
    __tracebackhide__ = True
    value = header(exchange, "Retry-After")
    wait_s = seconds_until(value, exchange.sent_at)
    if wait_s is None:
        raise Violation("whole seconds of zero or more, or an HTTP date", value, where="header Retry-After")
    return wait_s


def read_if_valid(read: Callable[[Exchange], float], exchange: Exchange) -> float:
    """The value of a header by `read`; raises Inconclusive for its Violation, since other checks judge that header."""
    try:
        return read(exchange)
    except Violation as violation:
        raise Inconclusive(str(violation)) from None
