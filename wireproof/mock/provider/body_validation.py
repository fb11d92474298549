"""Validates request bodies against the field tables of the profile."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wireproof.mock.provider.member_shapes import check_shape
from wireproof.mock.provider.refusals import RequestRefused
from wireproof.mock.provider.request_rules import BodyRules, FieldRule

JsonObject = dict[str, Any]
MAX_REQUEST_BYTES = 10 * 1024 * 1024


def is_integer(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TYPE_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "integer": is_integer,
    "number": is_number,
}


def is_too_large(body: bytes) -> bool:
    return len(body) > MAX_REQUEST_BYTES


def too_large_refusal() -> RequestRefused:
    return RequestRefused("too-large", f"The request's body is larger than {MAX_REQUEST_BYTES} bytes.")


def refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse_body(body: bytes, content_type: str | None) -> JsonObject:
    """Returns the JSON object of a body; raises RequestRefused for another content type or anything else."""
    media = (content_type or "application/json").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise RequestRefused("wrong-content-type", f"Unsupported content type {media!r}; expected application/json.")
    try:
        # Decoded first: from bytes the parser also takes other encodings, and halves of surrogate pairs.
        value = json.loads(body.decode(), parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise RequestRefused("malformed-json", "We could not parse the JSON body of your request.") from None
    if not isinstance(value, dict):
        raise RequestRefused("malformed-json", "The body of the request is not a JSON object.")
    return value


def refuse_unknown(names: Iterable[str]) -> None:
    """Raises RequestRefused for the first of these members, which an endpoint does not have."""
    for name in names:
        raise RequestRefused("unknown-field", f"Unrecognized request argument supplied: {name}", param=name)


def validate_body(body: JsonObject, rules: BodyRules) -> JsonObject:
    """Returns the body without nulls and unknown members; raises RequestRefused if a member is invalid."""
    fields = rules.fields
    refuse_unknown(name for name in body if name in rules.refused or (rules.refuses_unknown and name not in fields))
    for name, field in fields.items():
        if name in body:
            check_member(field, body[name])
            if body[name] is not None:
                check_shape(rules.endpoint, name, body[name], strict=rules.strict)
        elif field.required:
            raise missing_field(name)
    return {name: value for name, value in body.items() if value is not None and name in fields}


def check_member(field: FieldRule, value: Any) -> None:
    if value is None and field.nullable:
        return
    if not any(TYPE_CHECKS[kind](value) for kind in field.types):
        raise wrong_type(field.name, " or ".join(field.types))
    check_bounds(field, value)


def check_bounds(field: FieldRule, value: Any) -> None:
    if is_number(value) and not is_within_bounds(field, value):
        raise out_of_range(field.name, f"Invalid '{field.name}': {value!r} is outside its range.")
    if isinstance(value, list | str) and field.min_items and len(value) < field.min_items:
        raise out_of_range(field.name, f"Invalid '{field.name}': empty; expected at least {field.min_items}.")
    if isinstance(value, list) and field.max_items is not None and len(value) > field.max_items:
        raise out_of_range(field.name, f"Invalid '{field.name}': expected at most {field.max_items} items.")
    if field.enum and value not in field.enum:
        raise out_of_range(field.name, f"Invalid value for '{field.name}': expected one of {list(field.enum)}.")


def is_within_bounds(field: FieldRule, value: float) -> bool:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    return low < value < high if field.exclusive else low <= value <= high


def out_of_range(param: str, message: str) -> RequestRefused:
    return RequestRefused("out-of-range", message, param=param)


def invalid(param: str, reason: str) -> RequestRefused:
    """The refusal of a value, whose message names the member."""
    return out_of_range(param, f"Invalid '{param}': {reason}")


def wrong_type(param: str, expected: str) -> RequestRefused:
    return RequestRefused("wrong-type", f"Invalid type for '{param}': expected {expected}.", param=param)


def missing_field(param: str) -> RequestRefused:
    return RequestRefused("missing-field", f"Missing required parameter: '{param}'.", param=param)
