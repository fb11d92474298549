"""The form of request members below their top level, by the server's own schemas in member_shapes.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import Any

import jsonschema_rs

from wireproof.formats.yaml_file import read_yaml
from wireproof.mock.provider.refusals import RequestRefused

SHAPES_FILE = Path(__file__).parent / "member_shapes.yaml"
MAX_REASON_LENGTH = 200
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def check_shape(endpoint: str, member: str, value: Any, *, strict: bool) -> None:
    """Refuses a member with a wrong type or value below its top level."""
    for part in ("usual", "strict") if strict else ("usual",):
        validator = _find_validator(part, endpoint, member)
        if validator is None:
            continue
        try:
            error = next(iter(validator.iter_errors(value)), None)
        except ValueError:  # nested beyond the range of the engine
            raise RequestRefused("out-of-range", f"Invalid '{member}': nested too deeply.", param=member) from None
        if error is not None:
            raise _refusal_from_error(error, member)


@cache
def _find_validator(part: str, endpoint: str, member: str) -> Any:
    shapes = read_yaml(SHAPES_FILE)
    schema = shapes[part].get(endpoint, {}).get(member)
    if schema is None:
        return None
    return jsonschema_rs.validator_for({"$schema": DRAFT, "$defs": shapes["$defs"], **schema})


def _refusal_from_error(error: Any, member: str) -> RequestRefused:
    place = member + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    if error.kind.name == "required":
        missing = f"{place}.{error.kind.as_dict()['property']}"
        return RequestRefused("missing-field", f"Missing required parameter: '{missing}'.", param=missing)
    cause = "wrong-type" if error.kind.name == "type" else "out-of-range"
    limit = error.kind.as_dict().get("limit")
    reason = error.message if limit is None else f"{error.kind.name} is {limit}"
    return RequestRefused(cause, f"Invalid value for '{place}': {shorten(reason, MAX_REASON_LENGTH)}.", param=place)
