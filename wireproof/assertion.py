"""The plainest expectations, of which the others are made."""

from __future__ import annotations

from typing import Any

from wireproof import pointer
from wireproof.check import Exchange, Violation, shown


def that(
    holds: bool, expected: str, actual: Any, *, where: str = "", at: str | None = None, judged_by: str | None = None
) -> None:
    """A condition holds; `judged_by` names the check that judges it where others take it for granted."""
    __tracebackhide__ = True
    if not holds:
        raise Violation(expected, shown(actual), where=where, at=at, judged_by=judged_by)


def equal(actual: Any, wanted: Any, *, where: str = "", at: str | None = None) -> None:
    """Two values are the same, of the same JSON type."""
    __tracebackhide__ = True
    that(same(actual, wanted), shown(wanted), actual, where=where, at=at)


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it, at every depth: true is not 1, and 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return bool(left == right)


def member(document: Any, at: str, *kinds: type, where: str = "") -> Any:
    """A member stands at a pointer, of one of these Python types where any are named."""
    __tracebackhide__ = True
    try:
        value = pointer.get(document, at)
    except pointer.Missing:
        raise Violation("this member present", "missing", where=f"{where}{at}", at=at) from None
    if kinds:
        fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        words = " or ".join(kind.__name__ for kind in kinds)
        that(fits, f"a value of type {words}", value, where=f"{where}{at}", at=at)
    return value


def header(exchange: Exchange, name: str) -> str:
    """A response header is present, once, with a value."""
    __tracebackhide__ = True
    values = exchange.header_values(name)
    that(
        len(values) == 1 and values[0] != "",
        f"the header {name} once, with a value",
        values,
        where=f"header {name}",
    )
    return values[0]
