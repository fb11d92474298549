"""The elementary expectations, of which the others are composed."""

from __future__ import annotations

from typing import Any

from wireproof.formats import json_pointer
from wireproof.judging.check import Exchange, Violation, display_text

# Clocks of two machines differ by minutes; milliseconds, local time and fixed values differ by more.
CLOCKS_APART_S = 300


def condition(
    holds: bool,
    expected: str,
    actual: Any,
    *,
    where: str = "",
    at: str | None = None,
    judged_by: str | None = None,
    shows_ignored: bool = True,
) -> None:
    """Raises Violation unless a condition holds.

    Args:
        judged_by: id of the check that judges this condition, if the caller only presupposes it.
        shows_ignored: False if a failure does not show that members of the request were ignored.
    """
    __tracebackhide__ = True
    if not holds:
        text = display_text(actual)
        raise Violation(expected, text, where=where, at=at, judged_by=judged_by, shows_ignored=shows_ignored)


def equal(
    actual: Any,
    wanted: Any,
    *,
    where: str = "",
    at: str | None = None,
    judged_by: str | None = None,
    shows_ignored: bool = True,
) -> None:
    """Requires two values to be equal and of the same JSON type."""
    __tracebackhide__ = True
    holds = json_equal(actual, wanted)
    condition(holds, display_text(wanted), actual, where=where, at=at, judged_by=judged_by, shows_ignored=shows_ignored)


def json_equal(left: Any, right: Any) -> bool:
    """True if two JSON values are equal, at every depth: true is not 1, and 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(left[name], right[name]) for name in left)
    return bool(left == right)


def member(document: Any, at: str, *kinds: type, where: str = "") -> Any:
    """Requires a member at a pointer, of one of these Python types if any are named; returns its value."""
    __tracebackhide__ = True
    try:
        value = json_pointer.get(document, at)
    except json_pointer.Missing:
        raise Violation("this member present", "missing", where=f"{where}{at}", at=at) from None
    if kinds:
        fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        words = " or ".join(kind.__name__ for kind in kinds)
        condition(fits, f"a value of type {words}", value, where=f"{where}{at}", at=at)
    return value


def recent(exchange: Exchange, moment: Any, *, at: str) -> None:
    """Requires a time in Unix seconds to be that of the response, within five minutes."""
    __tracebackhide__ = True
    earliest, latest = exchange.sent_at - CLOCKS_APART_S, exchange.sent_at + CLOCKS_APART_S
    near = isinstance(moment, int | float) and earliest <= moment <= latest
    condition(near, f"within {CLOCKS_APART_S} s of {exchange.sent_at:.0f}", moment, at=at)


def same_model(exchange: Exchange, model: Any, *, at: str) -> None:
    """Requires the model of the request, or a dated version of it."""
    __tracebackhide__ = True
    wanted = exchange.request_json["model"]
    matches = model == wanted or str(model).startswith(f"{wanted}-")
    condition(matches, f"{wanted} or a version of it", model, at=at)


def header(exchange: Exchange, name: str) -> str:
    """Requires a response header once, with a value; returns the value."""
    __tracebackhide__ = True
    values = exchange.header_values(name)
    condition(
        len(values) == 1 and values[0] != "",
        f"the header {name} once, with a value",
        values,
        where=f"header {name}",
    )
    return values[0]
