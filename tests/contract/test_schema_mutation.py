"""Each keyword of each schema changes the verdict on some instance; so none is superfluous."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import jsonschema_rs
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parents[2]
HOST = "https://wireproof.invalid/schemas/"
PROVIDERS = tuple(sorted({path.parent.name for path in (ROOT / "schemas").glob("*/*.json")} - {"formats"}))
SILENT = {"$schema", "$id", "$comment", "title", "description", "default", "examples", "$defs", "$anchor"}
ONE = {"items", "additionalProperties", "if", "then", "else", "not", "contains", "propertyNames"}
MANY = {"allOf", "anyOf", "oneOf", "prefixItems"}
NAMED = {"properties", "$defs", "patternProperties", "dependentSchemas"}

Files = Mapping[str, Any]


@cache
def schemas() -> dict[str, Any]:
    paths = [path for name in PROVIDERS for path in (ROOT / "schemas" / name).rglob("*.json")]
    return {schema["$id"]: schema for schema in map(json.loads, map(Path.read_text, paths))}


def edited(instance: Any, edit: dict[str, Any]) -> Any:
    """A copy of the instance with one member dropped or set, or with its only item repeated."""
    changed = {"": copy.deepcopy(instance)}
    ((verb, target),) = ((verb, edit[verb]) for verb in ("drop", "set", "fill") if verb in edit)
    ((pointer, value),) = target.items() if isinstance(target, dict) else [(target, None)]
    place: Any = changed
    steps = pointer.split("/")
    for step in steps[:-1]:
        place = place[int(step) if isinstance(place, list) else step]
    key = int(steps[-1]) if isinstance(place, list) else steps[-1]
    if verb == "drop":
        del place[key]
    else:
        place[key] = value if verb == "set" else place[key][:1] * value
    return changed[""]


def example(provider: str, name: str) -> Any:
    return json.loads((ROOT / "tests/examples" / provider / f"{name}.json").read_text())["instance"]


def counter(provider: str, shape: str) -> dict[str, list[Any]]:
    path = ROOT / "schemas" / provider / "counter" / f"{shape}.yaml"
    if not path.exists():
        return {"valid": [], "invalid": []}
    data = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    valid = [example(provider, item) if isinstance(item, str) else item for item in data["valid"]]
    return {"valid": valid, "invalid": [edited(valid[edit["of"]], edit) for edit in data.get("invalid", [])]}


def shapes() -> list[str]:
    """The $id of each schema that instances are judged by."""
    return [name for name in schemas() if "/parts/" not in name]


@cache
def pools() -> dict[str, list[Any]]:
    """The instances to judge, by the $id of their schema."""
    pools: dict[str, list[Any]] = {name: [] for name in shapes()}
    for name, pool in pools.items():
        provider, shape = name.removeprefix(HOST).removesuffix(".json").split("/")
        pool += [instance for part in counter(provider, shape).values() for instance in part]
    for path in sorted((ROOT / "tests/examples").glob("*/*.json")):
        record = json.loads(path.read_text())
        if "instance" in record:
            pools[f"{HOST}{path.parent.name}/{record['shape']}.json"].append(record["instance"])
    return pools


def references(schema: Any, name: str) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield urldefrag(urljoin(name, schema["$ref"])).url
        for part in schema.values():
            yield from references(part, name)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part, name)


def reached(name: str, files: Files) -> set[str]:
    """The files that a validator of this one reads."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        if (current := waiting.pop()) not in seen:
            seen.add(current)
            waiting += references(files[current], current)
    return seen


def places(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields the path of each assertion in a schema, and of each entry of a longer `required`."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword not in SILENT:
            yield here
        if keyword == "required" and len(value) > 1:
            yield from ((*here, index) for index in range(len(value)))
        elif keyword in ONE:
            yield from places(value, here)
        elif keyword in MANY:
            yield from (found for index, part in enumerate(value) for found in places(part, (*here, index)))
        elif keyword in NAMED:
            yield from (found for part in value for found in places(value[part], (*here, part)))


def without(schema: Any, path: tuple[Any, ...]) -> Any:
    mutant = copy.deepcopy(schema)
    place = mutant
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return mutant


def judge(name: str, files: Files) -> Callable[[Any], bool]:
    return jsonschema_rs.Draft202012Validator(files[name], retriever=files.__getitem__).is_valid


def survivors(name: str, files: Files, shapes: Mapping[str, list[Any]]) -> list[str]:
    """The assertions of one file whose removal changes no verdict."""
    readers = [shape for shape in shapes if name in reached(shape, files)]
    before = {shape: [*map(judge(shape, files), shapes[shape])] for shape in readers}

    def noticed(path: tuple[Any, ...]) -> bool:
        mutated = {**files, name: without(files[name], path)}
        return any([*map(judge(shape, mutated), shapes[shape])] != before[shape] for shape in readers)

    return ["/" + "/".join(map(str, path)) for path in places(files[name]) if not noticed(path)]


@pytest.mark.parametrize("name", [pytest.param(name, id=name.removeprefix(HOST)) for name in sorted(schemas())])
def test_the_removal_of_any_assertion_changes_a_verdict(name: str) -> None:
    own = {shape: pool for shape, pool in pools().items() if shape.split("/")[4] == name.split("/")[4]}
    assert survivors(name, schemas(), own) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_counter_example_has_its_stated_verdict(provider: str) -> None:
    wrong = [
        f"{shape} {kind} {index}"
        for shape in (path.stem for path in sorted((ROOT / "schemas" / provider / "counter").glob("*.yaml")))
        for kind, instances in counter(provider, shape).items()
        for index, instance in enumerate(instances)
        if judge(f"{HOST}{provider}/{shape}.json", schemas())(instance) is not (kind == "valid")
    ]
    assert wrong == []


@pytest.mark.parametrize("name", [pytest.param(name, id=name.removeprefix(HOST)) for name in sorted(shapes())])
def test_both_engines_agree_on_every_instance(name: str) -> None:
    resources = ((key, DRAFT202012.create_resource(schema)) for key, schema in schemas().items())
    slow = Draft202012Validator(schemas()[name], registry=Registry().with_resources(resources))
    fast = judge(name, schemas())
    assert [instance for instance in pools()[name] if slow.is_valid(instance) is not fast(instance)] == []


def test_a_superfluous_keyword_is_named() -> None:
    files = {"urn:a": {"type": "object", "required": ["a", "b"], "minProperties": 1}}
    instances = {"urn:a": [{"a": 1, "b": 1}, {"a": 1}, {"b": 1}, {}, 7]}
    assert survivors("urn:a", files, instances) == ["/minProperties"]


def test_a_keyword_that_no_instance_reaches_is_named() -> None:
    files = {"urn:a": {"properties": {"a": {"$ref": "urn:b"}}}, "urn:b": {"type": "string", "minLength": 1}}
    assert survivors("urn:b", files, {"urn:a": [{"a": "x"}, {"a": 7}]}) == ["/minLength"]
