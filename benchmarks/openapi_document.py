"""A contract as an OpenAPI document, for tools that generate requests from one."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import Any

from wireproof.contract import data_files
from wireproof.contract.provider import Provider

Json = dict[str, Any]


def document(provider: Provider, base_url: str) -> Json:
    """The operations of a provider that take JSON, with every schema as a component."""
    folder = data_files.root() / "schemas" / provider.schemas
    files = [file for place in (folder, folder / "parts") for file in sorted(place.glob("*.json"))]
    paths: Json = {}
    for name, endpoint in provider.endpoints.items():
        if (folder / f"{name}.request.json").is_file() and provider.models.get(name, provider.models.get("chat")):
            paths[endpoint.path] = {endpoint.method.lower(): _operation(name, folder)}
    components = {_component(file.relative_to(folder).as_posix()): _shape(file, folder, provider) for file in files}
    return {
        "openapi": "3.1.0",
        "info": {"title": provider.title, "version": "1"},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(name: str, folder: Path) -> Json:
    answer: Json = {"description": "served"}
    if (folder / f"{name}.response.json").is_file():
        shape = {"schema": _ref(f"{name}.response.json")}
        answer["content"] = {"application/json": shape, "text/event-stream": {"schema": {"type": "string"}}}
    refusal = {"description": "refused", "content": {"application/json": {"schema": _ref("error.json")}}}
    body = {"required": True, "content": {"application/json": {"schema": _ref(f"{name}.request.json")}}}
    return {"operationId": name, "requestBody": body, "responses": {"200": answer, "4XX": refusal}}


def _shape(file: Path, folder: Path, provider: Provider) -> Json:
    """Returns a schema file as a component; requests are limited to the model that the server has."""
    place = file.relative_to(folder).as_posix()
    shape: Json = _with_component_refs(json.loads(file.read_text(encoding="utf-8")), place)
    shape.pop("$schema", None)
    shape.pop("$id", None)
    endpoint, _, kind = file.stem.partition(".")
    if kind == "request":
        shape["properties"]["model"] = {"const": provider.models.get(endpoint, provider.models["chat"])}
    return shape


def _with_component_refs(value: Any, place: str) -> Any:
    """Returns a schema with its references changed to components."""
    if isinstance(value, list):
        return [_with_component_refs(item, place) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {name: _with_component_refs(member, place) for name, member in value.items()}
    if isinstance(value.get("$ref"), str):
        file, _, inside = value["$ref"].partition("#")
        schema |= _ref(posixpath.normpath(posixpath.join(posixpath.dirname(place), file)) if file else place, inside)
    return schema


def _ref(file: str, inside: str = "") -> Json:
    return {"$ref": f"#/components/schemas/{_component(file)}{inside}"}


def _component(file: str) -> str:
    return file.removesuffix(".json").replace("/", ".")
