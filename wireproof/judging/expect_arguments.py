"""Expectations about the arguments of tool calls: a JSON object in a string that follows a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.judging.check import NotJson, Violation, display_text, parse_json
from wireproof.judging.expect_values import condition, equal

PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


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


def fits_schema(value: Any, schema: Mapping[str, Any]) -> bool:
    """True if a value has the type of its schema and, with an `enum`, is one of its values."""
    kinds = PYTHON_TYPES[schema["type"]]
    has_type = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    return has_type and value in schema.get("enum", (value,))


def follows_strict_schema(value: Any, schema: Mapping[str, Any], *, where: str = "", at: str | None = None) -> None:
    """Requires a value to follow the schema of a strict function: every member, no other, each of its type."""
    __tracebackhide__ = True
    condition(fits_schema(value, schema), display_text(schema), value, where=where, at=at)
    properties = schema.get("properties", {})
    if schema["type"] == "object":
        equal(sorted(value), sorted(properties), where=where, at=at)
    for name in properties:
        follows_strict_schema(value[name], properties[name], where=where, at=at)
    for item in value if schema["type"] == "array" else ():
        follows_strict_schema(item, schema["items"], where=where, at=at)
