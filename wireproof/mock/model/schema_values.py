"""Values that fit a JSON Schema, drawn by hash and from what the prompt mentions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.schema_strings import text_for_schema

MAX_SCHEMA_DEPTH = 6


@dataclass(frozen=True, slots=True)
class ValueHints:
    """Words and numbers of the prompt, worth using where they fit."""

    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaPosition:
    """Where in a value the generator stands: root schema, source of draws, hints, depth."""

    root: Mapping[str, Any]
    draw: HashRandom
    hints: ValueHints
    depth: int = 0

    def child(self, name: object) -> SchemaPosition:
        return replace(self, draw=self.draw.derive(name), depth=self.depth + 1)


def value_for_schema(schema: Mapping[str, Any], draw: HashRandom, hints: ValueHints | None = None) -> Any:
    """A value that the schema accepts."""
    return draw_value(schema, SchemaPosition(schema, draw, hints or ValueHints()))


def draw_value(schema: Any, place: SchemaPosition) -> Any:
    if not isinstance(schema, dict):
        return "ok"
    schema = resolve_schema(schema, place.root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return choose_option(schema["enum"], place)
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            chosen = choose_branch(schema[word], place)
            return draw_value({**{key: schema[key] for key in schema if key != word}, **chosen}, place)
    make = MAKERS_BY_TYPE.get(schema_type(schema)) or make_text
    return make(schema, place)


def resolve_schema(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its own reference and its `allOf` members folded in."""
    whole = dict(schema)
    for _ in range(MAX_SCHEMA_DEPTH):
        if not isinstance(whole.get("$ref"), str):
            break
        target = follow_reference(root, whole.pop("$ref"))
        whole = {**target, **whole}
    for part in whole.pop("allOf", ()):
        whole = merge_schemas(whole, resolve_schema(part, root))
    return whole


def follow_reference(root: Any, reference: str) -> dict[str, Any]:
    for step in reference.removeprefix("#").split("/")[1:]:
        root = root.get(step.replace("~1", "/").replace("~0", "~"), {})
    return root if isinstance(root, dict) else {}


def merge_schemas(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        **other,
        "properties": {**one.get("properties", {}), **other.get("properties", {})},
        "required": [*one.get("required", ()), *other.get("required", ())],
    }


def choose_branch(options: list[Any], place: SchemaPosition) -> dict[str, Any]:
    """The first option that is not null."""
    whole = [resolve_schema(option, place.root) for option in options if isinstance(option, dict)]
    return next((option for option in whole if option.get("type") != "null"), {"type": "null"})


def choose_option(options: list[Any], place: SchemaPosition) -> Any:
    """An option the prompt mentions, or one drawn."""
    said = [word.lower() for word in place.hints.words]
    mentioned = [option for option in options if str(option).lower() in said]
    return mentioned[0] if mentioned else place.draw.pick(options)


def schema_type(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        return next((kind for kind in given if kind != "null"), "null")
    if isinstance(given, str):
        return given
    hinted = {"properties": "object", "required": "object", "items": "array", "minimum": "number"}
    return next((kind for word, kind in hinted.items() if schema.get(word) is not None), "string")


def make_object(schema: Mapping[str, Any], place: SchemaPosition) -> dict[str, Any]:
    """An object with all its properties, or with the required ones where the schema goes deep."""
    known = schema.get("properties") or {}
    wanted = list(known) if place.depth < MAX_SCHEMA_DEPTH else []
    names = dict.fromkeys([*wanted, *schema.get("required", ())])
    made = {name: draw_value(known.get(name, {}), place.child(name)) for name in names}
    for extra in range(len(made), schema.get("minProperties", 0)):
        made[f"member_{extra}"] = draw_value(schema.get("additionalProperties", {}), place.child(extra))
    return made


def make_array(schema: Mapping[str, Any], place: SchemaPosition) -> list[Any]:
    fixed = schema.get("prefixItems") or ()
    least = max(schema.get("minItems", 1 if place.depth < MAX_SCHEMA_DEPTH else 0), len(fixed))
    size = min(least, schema.get("maxItems", least))
    each = [*fixed, *[schema.get("items", {})] * (size - len(fixed))][:size]
    if not schema.get("uniqueItems"):
        return [draw_value(item, place.child(index)) for index, item in enumerate(each)]
    return distinct_values(each, place)


def distinct_values(each: list[Any], place: SchemaPosition) -> list[Any]:
    """One different value for each item schema, as far as a few hundred draws find them."""
    made: list[Any] = []
    for index, item in enumerate(each):
        draws = (draw_value(item, replace(place, hints=ValueHints()).child(f"{index}.{turn}")) for turn in range(400))
        made.append(next((value for value in draws if value not in made), None))
    return made


def make_number(schema: Mapping[str, Any], place: SchemaPosition) -> float:
    """A number within the bounds, from the prompt if one fits."""
    whole = schema_type(schema) == "integer"
    step = schema.get("multipleOf", 1 if whole else 0.5)
    low, high = number_bounds(schema, step)
    said = [value for value in place.hints.numbers if low <= value <= high and value % step == 0]
    if said:
        return place.draw.pick(said)
    if math.ceil(low / step) * step > high:
        return (low + high) / 2
    first = math.ceil(low / step)
    value = (first + place.draw.number_below(max(1, min(100, math.floor(high / step) - first + 1)))) * step
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


def make_text(schema: Mapping[str, Any], place: SchemaPosition) -> str:
    return text_for_schema(schema, place.draw, place.hints.words)


MAKERS_BY_TYPE: Mapping[str, Callable[[Mapping[str, Any], SchemaPosition], Any]] = {
    "object": make_object,
    "array": make_array,
    "integer": make_number,
    "number": make_number,
    "boolean": lambda schema, place: place.draw.number_below(2) == 0,
    "null": lambda schema, place: None,
    "string": make_text,
}
