"""Expectations about the arguments of tool calls: a JSON object in a string that follows a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.contract.schemas import findings_by
from wireproof.judging.check import NotJson, Violation, display_text, parse_json
from wireproof.judging.expect_values import condition


def json_object(text: Any, *, where: str = "", at: str | None = None) -> Mapping[str, Any]:
    """Requires a string that holds one JSON object, such as the arguments of a call; returns the object."""
    __tracebackhide__ = True
    # A call that was made shows that the tools were not ignored, whatever the form of its arguments.
    condition(isinstance(text, str), "a string", text, where=where, at=at, shows_ignored=False)
    try:
        parsed = parse_json(text)
    except NotJson as error:
        actual = f"{display_text(text)} ({error})"
        raise Violation("a JSON text", actual, where=where, at=at, shows_ignored=False) from None
    condition(isinstance(parsed, dict), "a JSON object", text, where=where, at=at, shows_ignored=False)
    value: Mapping[str, Any] = parsed
    return value


def parsed_arguments(arguments: Any) -> Any:
    """The arguments of a call parsed as JSON; unchanged if they are not JSON."""
    try:
        return parse_json(arguments)
    except (ValueError, TypeError):
        return arguments


def follows_schema(
    value: Any, schema: Mapping[str, Any], *, name: str = "", where: str = "", at: str | None = None
) -> None:
    """Requires a value to follow a JSON Schema that the request described.

    Args:
        name: the name of the value in a message, such as that of an argument.
    """
    __tracebackhide__ = True
    for finding in findings_by(schema, value):
        raise Violation(f"{finding.expected} at {name}{finding.where or '/'}", finding.actual, where=where, at=at)
