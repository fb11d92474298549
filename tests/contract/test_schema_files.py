"""The schema files are valid, resolve in both engines and agree with providers.yaml."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parents[2]
HOST = "https://wireproof.invalid/schemas/"
PROVIDERS = tuple(sorted({path.parent.name for path in (ROOT / "schemas").glob("*/*.json")} - {"formats"}))
BOUNDS = {  # name in providers.yaml → keyword of JSON Schema
    "minimum": "minimum",
    "maximum": "maximum",
    "min_items": "minItems",
    "max_items": "maxItems",
    "enum": "enum",
}


@cache
def files() -> dict[Path, dict[str, Any]]:
    paths = [path for name in PROVIDERS for path in sorted((ROOT / "schemas" / name).rglob("*.json"))]
    return {path: json.loads(path.read_text()) for path in paths}


@cache
def registry() -> Registry[Any]:
    resources = ((document["$id"], DRAFT202012.create_resource(document)) for document in files().values())
    return Registry().with_resources(resources)


def schema(provider: str, shape: str) -> dict[str, Any]:
    return files()[ROOT / "schemas" / provider / f"{shape}.json"]


def slow_validator(document: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(document, registry=registry())


def fast_validator(document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(document, retriever=lambda uri: registry().contents(uri))


each = pytest.mark.parametrize("provider", PROVIDERS)


def files_of(provider: str) -> dict[Path, dict[str, Any]]:
    return {path: document for path, document in files().items() if ROOT / "schemas" / provider in path.parents}


@each
def test_every_schema_is_valid_and_describes_itself(provider: str) -> None:
    for path, document in files_of(provider).items():
        Draft202012Validator.check_schema(document)
        assert jsonschema_rs.meta.is_valid(document), path
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema", path
        assert document["$id"] == HOST + path.relative_to(ROOT / "schemas").as_posix()
        assert document["title"], path
        assert document["$comment"], path


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)


@each
def test_every_reference_of_a_schema_resolves(provider: str) -> None:
    for path, document in files_of(provider).items():
        resolver = registry().resolver(document["$id"])
        for reference in references(document):
            assert "://" not in reference, path
            assert isinstance(resolver.lookup(reference).contents, dict), path


@each
def test_every_property_of_a_schema_asserts_something(provider: str) -> None:
    def empty(part: Any, at: str) -> Iterator[str]:
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
            if inner is True or inner == {}:
                yield f"{at}/{key}"
            elif isinstance(inner, (dict, list)):
                yield from empty(inner, f"{at}/{key}")

    assert [place for path, document in files_of(provider).items() for place in empty(document, str(path))] == []


def test_both_engines_report_the_same_places() -> None:
    document = schema("openai", "chat.response")
    answer = json.loads((ROOT / "tests/examples/openai/chat-functions.response.json").read_text())["instance"]
    broken = copy.deepcopy(answer) | {"created": "now"}
    broken["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = {}
    places = [["choices", 0, "message", "tool_calls", 0, "function", "arguments"], ["created"]]
    assert sorted(list(error.absolute_path) for error in slow_validator(document).iter_errors(broken)) == places
    assert sorted(error.instance_path for error in fast_validator(document).iter_errors(broken)) == places


# --- providers.yaml


@cache
def contracts() -> dict[str, Any]:
    providers = yaml.load((ROOT / "providers.yaml").read_text(), Loader=yaml.CSafeLoader)["providers"]
    return {name: providers[name]["requests"] for name in PROVIDERS if name in providers}


each_contract = pytest.mark.parametrize("contract", contracts())


def flat(provider: str, endpoint: str, field: str) -> dict[str, Any]:
    """The keywords of one request field at its top level, with references resolved."""
    document = schema(provider, f"{endpoint}.request")
    part, resolver = document["properties"][field], registry().resolver(document["$id"])
    merged: dict[str, Any] = {}
    while True:
        merged = {**part, **merged}
        if "$ref" not in part:
            return merged
        found = resolver.lookup(part["$ref"])
        part, resolver = found.contents, found.resolver


def source(provider: str, field: dict[str, Any]) -> str:
    """The provider whose schema describes a field: OpenAI for one that the document leaves out."""
    return provider if field.get("documented", True) else "openai"


def fields(*providers: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """The request fields as (provider of the schema, endpoint, name, entry in providers.yaml)."""
    return [
        (source(provider, field), endpoint, name, field)
        for provider in providers
        for endpoint, request in contracts()[provider].items()
        for name, field in request["fields"].items()
        if name in schema(source(provider, field), f"{endpoint}.request")["properties"]
    ]


def kinds(provider: str, endpoint: str, field: str) -> set[str]:
    """The types of a field by its schema."""
    stated = flat(provider, endpoint, field)
    if "type" in stated:
        return set(stated["type"] if isinstance(stated["type"], list) else [stated["type"]])
    return {"null" if value is None else "string" for value in stated["enum"]}


def bounds(provider: str, endpoint: str, field: str) -> dict[str, Any]:
    """The bounds of a field by its schema, under the names of providers.yaml."""
    stated = flat(provider, endpoint, field)
    found = {word: stated[keyword] for word, keyword in BOUNDS.items() if keyword in stated}
    if "enum" in found:
        found["enum"] = [value for value in found["enum"] if value is not None]
    return found


@each_contract
def test_every_field_has_the_bounds_of_its_schema(contract: str) -> None:
    """A bound that the document leaves out is that of OpenAI."""
    for provider, endpoint, name, field in fields(contract):
        known = name in schema("openai", f"{endpoint}.request")["properties"]
        stated = {**(bounds("openai", endpoint, name) if known else {}), **bounds(provider, endpoint, name)}
        claimed = {key: value for key, value in field.items() if key in BOUNDS}
        assert claimed == {key: stated.get(key) for key in claimed}, (endpoint, name)


def test_providers_yaml_has_every_bound() -> None:
    missing = {
        f"{endpoint}.{name}.{word}"
        for provider, endpoint, name, field in fields(*contracts())
        for word in bounds(provider, endpoint, name).keys() - field.keys()
    }
    assert not missing


@each_contract
def test_every_field_has_the_kinds_of_its_schema(contract: str) -> None:
    for provider, endpoint, name, field in fields(contract):
        claimed = set(field["type"] if isinstance(field["type"], list) else [field["type"]])
        assert claimed == kinds(provider, endpoint, name) - {"null"}, (endpoint, name)
        assert not field.get("nullable") or "null" in kinds(provider, endpoint, name), (endpoint, name)


@pytest.mark.parametrize(
    ("provider", "endpoint"),
    [pytest.param(name, endpoint, id=f"{name}-{endpoint}") for name, made in contracts().items() for endpoint in made],
)
def test_a_request_has_the_required_fields_of_its_schema(provider: str, endpoint: str) -> None:
    request, document = contracts()[provider][endpoint], schema(provider, f"{endpoint}.request")
    documented = {name for name, field in request["fields"].items() if field.get("documented", True)}
    required = {name for name, field in request["fields"].items() if field.get("required")}
    assert documented == document["properties"].keys()
    assert required == set(document.get("required", ()))
