"""Values that match a JSON Schema, drawn by hash and from the words of the prompt."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.schema_strings import text_for_schema
from wireproof.mock.provider.refusals import RequestRefused

MAX_SCHEMA_DEPTH = 6
# A value that is nested deeper never ends.
MAX_VALUE_DEPTH = 64


@dataclass(frozen=True, slots=True)
class ValueHints:
    """Words and numbers of the prompt, which are used where they fit."""

    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaPosition:
    """A position in a generated value.

    Attributes:
        root: the whole schema, which references point into.
        draw: the source of values.
        depth: the number of levels above.
    """

    root: Mapping[str, Any]
    draw: HashRandom
    hints: ValueHints
    depth: int = 0

    def child(self, name: object) -> SchemaPosition:
        return replace(self, draw=self.draw.derive(name), depth=self.depth + 1)


def value_for_schema(schema: Mapping[str, Any], draw: HashRandom, hints: ValueHints | None = None) -> Any:
    """Returns a value that the schema accepts."""
    return draw_value(schema, SchemaPosition(schema, draw, hints or ValueHints()))


def draw_value(schema: Any, position: SchemaPosition) -> Any:
    if not isinstance(schema, dict):
        return "ok"
    if position.depth > MAX_VALUE_DEPTH:
        raise RequestRefused("out-of-range", "Invalid schema: a '$ref' leads back to itself without an end.")
    schema = resolve_schema(schema, position.root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return choose_option(schema["enum"], position)
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            chosen = choose_branch(schema[word], position)
            return draw_value({**{key: schema[key] for key in schema if key != word}, **chosen}, position)
    make = MAKERS_BY_TYPE.get(schema_type(schema)) or make_text
    return make(schema, position)


def resolve_schema(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the schema with its reference and its `allOf` members merged in."""
    resolved = dict(schema)
    for _ in range(MAX_SCHEMA_DEPTH):
        if not isinstance(resolved.get("$ref"), str):
            break
        target = follow_reference(root, resolved.pop("$ref"))
        resolved = {**target, **resolved}
    for part in resolved.pop("allOf", ()):
        resolved = merge_schemas(resolved, resolve_schema(part, root))
    return resolved


def follow_reference(root: Any, reference: str) -> dict[str, Any]:
    for step in reference.removeprefix("#").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(root, dict) or step not in root:
            raise RequestRefused("out-of-range", f"Invalid schema: its '$ref' {reference!r} leads nowhere.")
        root = root[step]
    return root if isinstance(root, dict) else {}


def merge_schemas(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {
        **first,
        **second,
        "properties": {**first.get("properties", {}), **second.get("properties", {})},
        "required": [*first.get("required", ()), *second.get("required", ())],
    }


def choose_branch(options: list[Any], position: SchemaPosition) -> dict[str, Any]:
    """Returns the first option that is not null; deep in a value null if that is an option, else a closed one."""
    resolved = [resolve_schema(option, position.root) for option in options if isinstance(option, dict)]
    others = [option for option in resolved if option.get("type") != "null"]
    if position.depth < MAX_SCHEMA_DEPTH:
        return others[0] if others else {"type": "null"}
    if len(others) < len(resolved) or not others:
        return {"type": "null"}
    closed = [option for option in others if "#/" not in repr(option)]
    return (closed or others)[0]


def choose_option(options: list[Any], position: SchemaPosition) -> Any:
    """Returns an option that the prompt mentions, else one that is drawn."""
    words = [word.lower() for word in position.hints.words]
    mentioned = [option for option in options if str(option).lower() in words]
    return mentioned[0] if mentioned else position.draw.pick(options)


def schema_type(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        return next((kind for kind in given if kind != "null"), "null")
    if isinstance(given, str):
        return given
    hinted = {"properties": "object", "required": "object", "items": "array", "minimum": "number"}
    return next((kind for word, kind in hinted.items() if schema.get(word) is not None), "string")


def make_object(schema: Mapping[str, Any], position: SchemaPosition) -> dict[str, Any]:
    """Returns an object with all properties, or below MAX_SCHEMA_DEPTH with the required ones only."""
    properties = schema.get("properties") or {}
    optional = list(properties) if position.depth < MAX_SCHEMA_DEPTH else []
    names = dict.fromkeys([*optional, *schema.get("required", ())])
    value = {name: draw_value(properties.get(name, {}), position.child(name)) for name in names}
    for extra in range(len(value), schema.get("minProperties", 0)):
        value[f"member_{extra}"] = draw_value(schema.get("additionalProperties", {}), position.child(extra))
    return value


def make_array(schema: Mapping[str, Any], position: SchemaPosition) -> list[Any]:
    prefix = schema.get("prefixItems") or ()
    min_size = max(schema.get("minItems", 1 if position.depth < MAX_SCHEMA_DEPTH else 0), len(prefix))
    size = min(min_size, schema.get("maxItems", min_size))
    item_schemas = [*prefix, *[schema.get("items", {})] * (size - len(prefix))][:size]
    if not schema.get("uniqueItems"):
        return [draw_value(item, position.child(index)) for index, item in enumerate(item_schemas)]
    return distinct_values(item_schemas, position)


def distinct_values(item_schemas: list[Any], position: SchemaPosition) -> list[Any]:
    """Returns a different value for each item schema, if a few hundred draws find one."""
    values: list[Any] = []
    for index, item in enumerate(item_schemas):
        draws = (
            draw_value(item, replace(position, hints=ValueHints()).child(f"{index}.{attempt}"))
            for attempt in range(400)
        )
        values.append(next((value for value in draws if value not in values), None))
    return values


def make_number(schema: Mapping[str, Any], position: SchemaPosition) -> float:
    """Returns a number within the bounds, from the prompt if one fits."""
    whole = schema_type(schema) == "integer"
    step = schema.get("multipleOf", 1 if whole else 0.5)
    low, high = number_bounds(schema, step)
    fitting = [value for value in position.hints.numbers if low <= value <= high and value % step == 0]
    if fitting:
        return position.draw.pick(fitting)
    if math.ceil(low / step) * step > high:
        return (low + high) / 2
    first = math.ceil(low / step)
    value = (first + position.draw.number_below(max(1, min(100, math.floor(high / step) - first + 1)))) * step
    return int(value) if whole else value


def number_bounds(schema: Mapping[str, Any], step: float) -> tuple[float, float]:
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, under = find_bound(schema, "exclusiveMinimum"), find_bound(schema, "exclusiveMaximum")
    nudge = step if schema_type(schema) == "integer" else 1e-6
    low = max(low, above + nudge) if above is not None else low
    high = min(high, under - nudge) if under is not None else high
    if low == -math.inf:
        low = min(1, high - 100 * step) if high < 1 else 1
    return low, min(high, low + 100 * abs(step) + 1_000) if high == math.inf else high


def find_bound(schema: Mapping[str, Any], word: str) -> float | None:
    value = schema.get(word)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def make_text(schema: Mapping[str, Any], position: SchemaPosition) -> str:
    return text_for_schema(schema, position.draw, position.hints.words)


MAKERS_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any], SchemaPosition], Any]] = {
    "object": make_object,
    "array": make_array,
    "integer": make_number,
    "number": make_number,
    "boolean": lambda schema, position: position.draw.number_below(2) == 0,
    "null": lambda schema, position: None,
    "string": make_text,
}
