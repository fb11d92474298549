"""The plainest expectations, of which the others are made."""

from __future__ import annotations

from typing import Any

from wireproof.formats import json_pointer
from wireproof.judging.check import Exchange, Violation, display_text

# Clocks of two machines differ by minutes; milliseconds, local time and fixed values differ by more.
CLOCKS_APART_S = 300


def condition(
    holds: bool, expected: str, actual: Any, *, where: str = "", at: str | None = None, judged_by: str | None = None
) -> None:
    """A condition holds; `judged_by` names the check that judges it where others take it for granted."""
    __tracebackhide__ = True
    if not holds:
        raise Violation(expected, display_text(actual), where=where, at=at, judged_by=judged_by)


def equal(actual: Any, wanted: Any, *, where: str = "", at: str | None = None) -> None:
    """Two values are the same, of the same JSON type."""
    __tracebackhide__ = True
    condition(json_equal(actual, wanted), display_text(wanted), actual, where=where, at=at)


def json_equal(left: Any, right: Any) -> bool:
    """Equality as JSON has it, at every depth: true is not 1, and 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(json_equal(left[name], right[name]) for name in left)
    return bool(left == right)


def member(document: Any, at: str, *kinds: type, where: str = "") -> Any:
    """A member stands at a pointer, of one of these Python types where any are named."""
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
    """A moment in seconds is that of the answer, give or take five minutes."""
    __tracebackhide__ = True
    earliest, latest = exchange.sent_at - CLOCKS_APART_S, exchange.sent_at + CLOCKS_APART_S
    near = isinstance(moment, int | float) and earliest <= moment <= latest
    condition(near, f"within {CLOCKS_APART_S} s of {exchange.sent_at:.0f}", moment, at=at)


def same_model(exchange: Exchange, model: Any, *, at: str) -> None:
    """A model is the one that was asked for, or a dated version of it."""
    __tracebackhide__ = True
    wanted = exchange.request_json["model"]
    named = model == wanted or str(model).startswith(f"{wanted}-")
    condition(named, f"{wanted} or a version of it", model, at=at)


def header(exchange: Exchange, name: str) -> str:
    """A response header is present, once, with a value."""
    __tracebackhide__ = True
    values = exchange.header_values(name)
    condition(
        len(values) == 1 and values[0] != "",
        f"the header {name} once, with a value",
        values,
        where=f"header {name}",
    )
    return values[0]
