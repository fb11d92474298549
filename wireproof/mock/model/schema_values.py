"""Values that fit a JSON Schema, drawn by hash and from what the prompt mentions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wireproof.mock.model.hash_random import Draw
from wireproof.mock.model.schema_strings import fitting_text

DEEP = 6


@dataclass(frozen=True, slots=True)
class Hints:
    """Words and numbers of the prompt, worth using where they fit."""

    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a value the generator stands: root schema, source of draws, hints, depth."""

    root: Mapping[str, Any]
    draw: Draw
    hints: Hints
    depth: int = 0

    def below(self, name: object) -> Place:
        return replace(self, draw=self.draw.at(name), depth=self.depth + 1)


def fit(schema: Mapping[str, Any], draw: Draw, hints: Hints | None = None) -> Any:
    """A value that the schema accepts."""
    return value_of(schema, Place(schema, draw, hints or Hints()))


def value_of(schema: Any, place: Place) -> Any:
    if not isinstance(schema, dict):
        return "ok"
    schema = resolved(schema, place.root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return enumerated(schema["enum"], place)
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            chosen = branch(schema[word], place)
            return value_of({**{key: schema[key] for key in schema if key != word}, **chosen}, place)
    make = MAKERS.get(kind_of(schema)) or text
    return make(schema, place)


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its own reference and its `allOf` members folded in."""
    whole = dict(schema)
    for _ in range(DEEP):
        if not isinstance(whole.get("$ref"), str):
            break
        target = pointed(root, whole.pop("$ref"))
        whole = {**target, **whole}
    for part in whole.pop("allOf", ()):
        whole = merged(whole, resolved(part, root))
    return whole


def pointed(root: Any, reference: str) -> dict[str, Any]:
    for step in reference.removeprefix("#").split("/")[1:]:
        root = root.get(step.replace("~1", "/").replace("~0", "~"), {})
    return root if isinstance(root, dict) else {}


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        **other,
        "properties": {**one.get("properties", {}), **other.get("properties", {})},
        "required": [*one.get("required", ()), *other.get("required", ())],
    }


def branch(options: list[Any], place: Place) -> dict[str, Any]:
    """The first option that is not null."""
    whole = [resolved(option, place.root) for option in options if isinstance(option, dict)]
    return next((option for option in whole if option.get("type") != "null"), {"type": "null"})


def enumerated(options: list[Any], place: Place) -> Any:
    """An option the prompt mentions, or one drawn."""
    said = [word.lower() for word in place.hints.words]
    mentioned = [option for option in options if str(option).lower() in said]
    return mentioned[0] if mentioned else place.draw.pick(options)


def kind_of(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        return next((kind for kind in given if kind != "null"), "null")
    if isinstance(given, str):
        return given
    hinted = {"properties": "object", "required": "object", "items": "array", "minimum": "number"}
    return next((kind for word, kind in hinted.items() if schema.get(word) is not None), "string")


def thing(schema: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """An object with all its properties, or with the required ones where the schema goes deep."""
    known = schema.get("properties") or {}
    wanted = list(known) if place.depth < DEEP else []
    names = dict.fromkeys([*wanted, *schema.get("required", ())])
    made = {name: value_of(known.get(name, {}), place.below(name)) for name in names}
    for extra in range(len(made), schema.get("minProperties", 0)):
        made[f"member_{extra}"] = value_of(schema.get("additionalProperties", {}), place.below(extra))
    return made


def array(schema: Mapping[str, Any], place: Place) -> list[Any]:
    fixed = schema.get("prefixItems") or ()
    least = max(schema.get("minItems", 1 if place.depth < DEEP else 0), len(fixed))
    size = min(least, schema.get("maxItems", least))
    each = [*fixed, *[schema.get("items", {})] * (size - len(fixed))][:size]
    if not schema.get("uniqueItems"):
        return [value_of(item, place.below(index)) for index, item in enumerate(each)]
    return distinct(each, place)


def distinct(each: list[Any], place: Place) -> list[Any]:
    """One different value for each item schema, as far as a few hundred draws find them."""
    made: list[Any] = []
    for index, item in enumerate(each):
        draws = (value_of(item, replace(place, hints=Hints()).below(f"{index}.{turn}")) for turn in range(400))
        made.append(next((value for value in draws if value not in made), None))
    return made


def number(schema: Mapping[str, Any], place: Place) -> float:
    """A number within the bounds, from the prompt if one fits."""
    whole = kind_of(schema) == "integer"
    step = schema.get("multipleOf", 1 if whole else 0.5)
    low, high = bounds(schema, step)
    said = [value for value in place.hints.numbers if low <= value <= high and value % step == 0]
    if said:
        return place.draw.pick(said)
    if math.ceil(low / step) * step > high:
        return (low + high) / 2
    first = math.ceil(low / step)
    value = (first + place.draw.number(max(1, min(100, math.floor(high / step) - first + 1)))) * step
    return int(value) if whole else value


def bounds(schema: Mapping[str, Any], step: float) -> tuple[float, float]:
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, under = bound(schema, "exclusiveMinimum"), bound(schema, "exclusiveMaximum")
    nudge = step if kind_of(schema) == "integer" else 1e-6
    low = max(low, above + nudge) if above is not None else low
    high = min(high, under - nudge) if under is not None else high
    if low == -math.inf:
        low = min(1, high - 100 * step) if high < 1 else 1
    return low, min(high, low + 100 * abs(step) + 1_000) if high == math.inf else high


def bound(schema: Mapping[str, Any], word: str) -> float | None:
    value = schema.get(word)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def text(schema: Mapping[str, Any], place: Place) -> str:
    return fitting_text(schema, place.draw, place.hints.words)


MAKERS: Mapping[str, Callable[[Mapping[str, Any], Place], Any]] = {
    "object": thing,
    "array": array,
    "integer": number,
    "number": number,
    "boolean": lambda schema, place: place.draw.number(2) == 0,
    "null": lambda schema, place: None,
    "string": text,
}
