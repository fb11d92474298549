"""The schemas are sound, mean the same to both engines, and agree with providers.yaml."""

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
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parents[1]
HOST = "https://wireproof.invalid/schemas/"
PROVIDERS = ("openai", "iio")
BOUNDS = {"minimum": "minimum", "maximum": "maximum", "min_items": "minItems", "max_items": "maxItems", "enum": "enum"}
KINDS = {"object": {}, "array": [], "string": "x", "boolean": True, "integer": 1, "number": 1.5}


@cache
def files() -> dict[Path, dict[str, Any]]:
    paths = [path for name in PROVIDERS for path in sorted((ROOT / "schemas" / name).rglob("*.json"))]
    return {path: json.loads(path.read_text()) for path in paths}


@cache
def registry() -> Registry[Any]:
    resources = (Resource(contents, DRAFT202012) for contents in files().values())
    return Registry().with_resources((resource.id(), resource) for resource in resources)


def schema(provider: str, shape: str) -> dict[str, Any]:
    return files()[ROOT / "schemas" / provider / f"{shape}.json"]


def explains(document: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(document, registry=registry())


def hurries(document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(document, retriever=lambda uri: registry().contents(uri))


every_file = pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(ROOT / "schemas"))) for path in files()]
)


@every_file
def test_a_schema_is_valid_and_says_what_it_is(path: Path) -> None:
    document = files()[path]
    Draft202012Validator.check_schema(document)
    assert jsonschema_rs.meta.is_valid(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == HOST + path.relative_to(ROOT / "schemas").as_posix()
    assert document["title"]
    assert document["$comment"]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from references(inner)


@every_file
def test_every_reference_of_a_schema_resolves(path: Path) -> None:
    resolver = registry().resolver(files()[path]["$id"])
    for reference in references(files()[path]):
        assert "://" not in reference
        assert isinstance(resolver.lookup(reference).contents, dict)


@every_file
def test_every_property_of_a_schema_asserts_something(path: Path) -> None:
    def empty(part: Any, at: str) -> Iterator[str]:
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
            if inner is True or inner == {}:
                yield f"{at}/{key}"
            elif isinstance(inner, (dict, list)):
                yield from empty(inner, f"{at}/{key}")

    assert list(empty(files()[path], "")) == []


def instances() -> Iterator[tuple[str, str, Any]]:
    """Each instance we keep, and each edit of one, with the shape it is judged by."""
    for path in sorted((ROOT / "tests/examples").glob("*/*.json")):
        record = json.loads(path.read_text())
        if "instance" in record:
            yield path.parent.name, record["shape"], record["instance"]
    for path in sorted((ROOT / "schemas").glob("*/counter/*.yaml")):
        valid = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["valid"]
        for instance in (item for item in valid if isinstance(item, dict)):
            yield path.parts[-3], path.stem, instance
            yield from ((path.parts[-3], path.stem, variant) for variant in variants(instance))


def variants(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The instance with each member in turn dropped, nulled and retyped."""
    for key, value in instance.items():
        yield {name: kept for name, kept in instance.items() if name != key}
        yield from (instance | {key: wrong} for wrong in (None, 7, 1.5, "x", {}, [value], True))
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            for changed in variants(inner):
                yield instance | {key: [changed, *value[1:]] if isinstance(value, list) else changed}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_both_engines_agree_on_every_instance(provider: str) -> None:
    mine = [(shape, instance) for owner, shape, instance in instances() if owner == provider]
    shapes = {shape: (explains(schema(provider, shape)), hurries(schema(provider, shape))) for shape, _ in mine}
    apart = [
        (shape, instance)
        for shape, instance in mine
        if shapes[shape][0].is_valid(instance) is not shapes[shape][1].is_valid(instance)
    ]
    assert len(mine) > 100
    assert apart == []


def test_both_engines_find_the_same_places() -> None:
    document = schema("openai", "chat.response")
    answer = json.loads((ROOT / "tests/examples/openai/chat-functions.response.json").read_text())["instance"]
    broken = copy.deepcopy(answer) | {"created": "now"}
    broken["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = {}
    places = [["choices", 0, "message", "tool_calls", 0, "function", "arguments"], ["created"]]
    assert sorted(list(error.absolute_path) for error in explains(document).iter_errors(broken)) == places
    assert sorted(error.instance_path for error in hurries(document).iter_errors(broken)) == places


# --- providers.yaml


@cache
def contracts() -> dict[str, Any]:
    providers = yaml.safe_load((ROOT / "providers.yaml").read_text())["providers"]
    return {name: providers[name]["requests"] for name in PROVIDERS}


def flat(provider: str, endpoint: str, field: str) -> dict[str, Any]:
    """What a request schema says at the top of one field, references followed."""
    document = schema(provider, f"{endpoint}.request")
    part, resolver, merged = document["properties"][field], registry().resolver(document["$id"]), {}
    while True:
        merged = {**part, **merged}
        if "$ref" not in part:
            return merged
        found = resolver.lookup(part["$ref"])
        part, resolver = found.contents, found.resolver


def source(provider: str, field: dict[str, Any]) -> str:
    """A field a document leaves out follows the OpenAI shape."""
    return provider if field.get("documented", True) else "openai"


def fields() -> list[Any]:
    return [
        pytest.param(source(provider, field), endpoint, name, field, id=f"{provider}-{endpoint}-{name}")
        for provider, requests in contracts().items()
        for endpoint, request in requests.items()
        for name, field in request["fields"].items()
        if name in schema(source(provider, field), f"{endpoint}.request")["properties"]
    ]


def kinds(provider: str, endpoint: str, field: str) -> set[str]:
    """The kinds of value that reach past the top of a field."""
    stated = flat(provider, endpoint, field)
    if "type" in stated:
        return set(stated["type"] if isinstance(stated["type"], list) else [stated["type"]])
    return {"null" if value is None else "string" for value in stated["enum"]}


@pytest.mark.parametrize(("provider", "endpoint", "name", "field"), fields())
def test_a_field_has_the_bounds_of_its_schema(provider: str, endpoint: str, name: str, field: dict[str, Any]) -> None:
    stated = flat(provider, endpoint, name)
    claimed = {BOUNDS[key]: value for key, value in field.items() if key in BOUNDS}
    assert claimed == {key: stated.get(key) for key in claimed}


@pytest.mark.parametrize(("provider", "endpoint", "name", "field"), fields())
def test_a_field_has_the_kinds_of_its_schema(provider: str, endpoint: str, name: str, field: dict[str, Any]) -> None:
    claimed = set(field["type"] if isinstance(field["type"], list) else [field["type"]])
    assert claimed == kinds(provider, endpoint, name) - {"null"}
    assert not field.get("nullable") or "null" in kinds(provider, endpoint, name)


@pytest.mark.parametrize(
    ("provider", "endpoint"),
    [pytest.param(name, endpoint, id=f"{name}-{endpoint}") for name, made in contracts().items() for endpoint in made],
)
def test_a_request_requires_what_its_schema_requires(provider: str, endpoint: str) -> None:
    request, document = contracts()[provider][endpoint], schema(provider, f"{endpoint}.request")
    documented = {name for name, field in request["fields"].items() if field.get("documented", True)}
    required = {name for name, field in request["fields"].items() if field.get("required")}
    assert documented == document["properties"].keys()
    assert required == set(document["required"])
