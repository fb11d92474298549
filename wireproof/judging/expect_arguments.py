"""What a model writes by a schema: a JSON object in a string, and whether it keeps to the schema."""

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
    """A string holds one JSON object."""
    __tracebackhide__ = True
    condition(isinstance(text, str), "a string", text, where=where, at=at)
    try:
        found = parse_json(text)
    except NotJson as error:
        raise Violation("a JSON text", f"{display_text(text)} ({error})", where=where, at=at) from None
    condition(isinstance(found, dict), "a JSON object", text, where=where, at=at)
    given: Mapping[str, Any] = found
    return given


def parsed_arguments(arguments: Any) -> Any:
    """The arguments of a call as JSON, or as they came where they are none."""
    try:
        return parse_json(arguments)
    except (ValueError, TypeError):
        return arguments


def fits_schema(value: Any, schema: Mapping[str, Any]) -> bool:
    """A value has the type, and is one of the options, that its schema names."""
    kinds = PYTHON_TYPES[schema["type"]]
    typed = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    return typed and value in schema.get("enum", (value,))


def follows_strict_schema(given: Any, schema: Mapping[str, Any], *, where: str = "", at: str | None = None) -> None:
    """A value follows a schema of the kind that strict functions have: every member, no other, each of its type."""
    __tracebackhide__ = True
    condition(fits_schema(given, schema), display_text(schema), given, where=where, at=at)
    known = schema.get("properties", {})
    if schema["type"] == "object":
        equal(sorted(given), sorted(known), where=where, at=at)
    for name in known:
        follows_strict_schema(given[name], known[name], where=where, at=at)
    for item in given if schema["type"] == "array" else ():
        follows_strict_schema(item, schema["items"], where=where, at=at)
