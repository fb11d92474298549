"""Faults of JSON Schemas that a request describes: references, options, and schemas that are broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.faults.conditional_errors import body_as_object
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import on_body
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest

SERVER_ERROR = {"error": {"message": "Internal error.", "type": "server_error", "param": None, "code": None}}
Schema = dict[str, Any]


def edit_schemas(value: Any, change: Callable[[Schema], Schema]) -> Any:
    """A JSON value with every object in it changed, the innermost first."""
    if isinstance(value, list):
        return [edit_schemas(item, change) for item in value]
    if isinstance(value, dict):
        return change({name: edit_schemas(item, change) for name, item in value.items()})
    return value


def on_schemas(change: Callable[[Schema], Schema]) -> FaultHooks:
    """Hooks that change the schemas of the request."""
    members = ("response_format", "text", "tools")
    return on_body(
        lambda body: {name: edit_schemas(item, change) if name in members else item for name, item in body.items()}
    )


def without_reference(schema: Schema) -> Schema:
    return {} if "$ref" in schema else schema


def without_null_option(schema: Schema) -> Schema:
    """Takes `anyOf` with null for the type of text."""
    return {"type": "string"} if {"type": "null"} in schema.get("anyOf", ()) else schema


def mended(schema: Schema) -> Schema:
    """Replaces the unknown type of the suites by text, and their reference without a target."""
    if schema.get("type") == "wholenumber":
        return {**schema, "type": "string"}
    return {"type": "string"} if schema.get("$ref") == "#/$defs/age" else schema


def has_reference(received: HttpRequest) -> bool:
    return b'"$ref"' in received.body


def is_refused_schema(received: HttpRequest) -> bool:
    return "schema" in json.dumps(body_as_object(received).get("response_format", {}))


def fail_where(wanted: Callable[[HttpRequest], bool], *, refused: bool) -> FaultHooks:
    """Hooks that answer with status 500 where such a request is refused, or served."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        is_meant = (answer.status == 400 if refused else answer.status < 400) and wanted(received)
        return PlainAnswer(500, SERVER_ERROR, answer.headers) if is_meant else answer

    return FaultHooks(on_answer=change_answer)


HOOKS: Mapping[str, FaultHooks] = {
    "schema-references-crash": fail_where(has_reference, refused=False),
    "schema-references-ignored": on_schemas(without_reference),
    "schema-null-option-ignored": on_schemas(without_null_option),
    "broken-schema-crashes": fail_where(is_refused_schema, refused=True),
    "broken-schema-accepted": on_schemas(mended),
}
