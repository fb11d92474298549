"""Values that conform to one member of a request schema, drawn by schemathesis.

schemathesis reads OpenAPI, so each member's schema is put into a document with one operation whose body is an object
with that member. The module imports schemathesis at the first use, because the import takes half a second.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis.strategies import SearchStrategy

from wireproof.contract import schemas
from wireproof.formats import json_pointer

ANNOTATION_KEYWORDS = frozenset({"$schema", "$id", "$comment", "title", "$defs"})
COMPONENTS_POINTER = "#/components/schemas/"
OPERATION_PATH = "/probe"


@cache
def member_values(schema: str, name: str) -> SearchStrategy[Any]:
    """The strategy of values that a schema (such as `openai/chat.request`) admits for one of its members."""
    import schemathesis

    parts: dict[str, Any] = {}
    file = f"{schema}.json"
    properties = schemas.schema_document(file)["properties"]
    closed_object = {"type": "object", "required": [name], "additionalProperties": False}
    body = {**closed_object, "properties": {name: _with_component_references(properties[name], file, parts)}}
    operation = schemathesis.openapi.from_dict(_openapi_document(body, parts))[OPERATION_PATH]["POST"]
    cases: SearchStrategy[Any] = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    return cases.map(lambda case: case.body[name])


def _openapi_document(body: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with one operation that takes this body."""
    content = {"application/json": {"schema": body}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "ok"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "probe", "version": "1"},
        "paths": {OPERATION_PATH: {"post": operation}},
        "components": {"schemas": parts},
    }


def _with_component_references(node: Any, file: str, parts: dict[str, Any]) -> Any:
    """A schema with its references rewritten to components of the document; adds the components to `parts`."""
    if isinstance(node, list):
        return [_with_component_references(item, file, parts) for item in node]
    if not isinstance(node, Mapping):
        return node
    return {
        word: _component_reference(value, file, parts)
        if word == "$ref"
        else _with_component_references(value, file, parts)
        for word, value in node.items()
        if word not in ANNOTATION_KEYWORDS
    }


def _component_reference(reference: str, file: str, parts: dict[str, Any]) -> str:
    other, _, place = reference.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), other)) if other else file
    name = f"{target.removesuffix('.json')}{place}".replace("/", ".").replace("$", "")
    if name not in parts:
        parts[name] = {}  # set before its content, since a schema may refer to itself
        parts[name] |= _with_component_references(
            json_pointer.get(schemas.schema_document(target), place), target, parts
        )
    return COMPONENTS_POINTER + name
