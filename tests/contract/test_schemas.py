"""Schemas: two engines with one verdict, and findings that point at the wrong member."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from wireproof.contract.schemas import Schema, SchemaSet, check_format
from wireproof.errors import ConfigError
from wireproof.formats import json_pointer

ROOT = Path(__file__).parents[2]
SHAPES = [
    (folder.name, file.stem)
    for folder in sorted((ROOT / "schemas").iterdir())
    if folder.name != "formats" and folder.is_dir()
    for file in sorted(folder.glob("*.json"))
]
every_shape = pytest.mark.parametrize(
    ("folder", "name"), [pytest.param(*shape, id="-".join(shape)) for shape in SHAPES]
)
SEED, CHANGED_EXAMPLES = 20260601, 300
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 1.5, 1e300, 2**63, "", "x", "é²", "2026-06-01", "\x00", [], [None], [[], "x"],
    [1, 2],
    {}, {"": None}, {"x": {"type": "x"}}, {"id": 1, "type": "x"},
)  # fmt: skip


def shape(folder: str, name: str) -> Schema:
    found = SchemaSet(folder).shape(name)
    assert found is not None
    return found


@cache
def documents() -> dict[str, Any]:
    files = (json.loads(file.read_text()) for file in (ROOT / "schemas").rglob("*.json"))
    return {document["$id"]: document for document in files}


@cache
def judge(folder: str, name: str) -> Draft202012Validator:
    """The slow engine, built here from the files."""
    known = documents()
    registry: Any = Registry().with_resources((uri, DRAFT202012.create_resource(one)) for uri, one in known.items())
    return Draft202012Validator(known[f"https://wireproof.invalid/schemas/{folder}/{name}.json"], registry=registry)


@cache
def instances(folder: str, name: str) -> list[Any]:
    files = sorted((ROOT / "tests/examples" / folder).glob("*.json"))
    return [
        one["instance"]
        for one in map(json.loads, map(Path.read_text, files))
        if one["shape"] == name and "instance" in one
    ]


def places(value: Any, at: str = "") -> Iterator[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        yield at + json_pointer.join(key)
        yield from places(inner, at + json_pointer.join(key))


def with_random_changes(instance: Any, draw: Random) -> Any:
    """The instance with up to two of its members dropped, another, or another's."""
    for _ in range(draw.randrange(3)):
        known = list(places(instance)) or [""]
        place = draw.choice(known)
        if place and draw.random() < 0.5:
            instance = json_pointer.drop(instance, place)
            continue
        other = json_pointer.get(instance, draw.choice(known)) if draw.random() < 0.2 else draw.choice(VALUES)
        instance = json_pointer.edit(instance, place, other)
    return instance


@every_shape
def test_both_engines_agree_on_examples_with_random_changes(folder: str, name: str) -> None:
    draw, known = Random(f"{SEED} {folder} {name}"), instances(folder, name) or VALUES
    for _ in range(CHANGED_EXAMPLES):
        instance = with_random_changes(draw.choice(known), draw)
        holds = judge(folder, name).is_valid(instance)
        assert shape(folder, name).conforms(instance) is holds, instance
        assert bool(shape(folder, name).findings(instance)) is not holds, instance


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param({"created": 10**400}, id="a-number-beyond-any-machine"),
        pytest.param({"created": 1e308 * 10}, id="infinity"),
        pytest.param(json.loads("[" * 400 + "]" * 400), id="deep"),
    ],
)
def test_an_instance_beyond_the_range_of_the_fast_engine_is_judged(instance: Any) -> None:
    assert not shape("openai", "chat.response").conforms(instance)


ANSWER: dict[str, Any] = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok", "refusal": None}, "finish_reason": "stop"},
        {"index": 1, "message": {"role": "assistant", "content": "ok", "refusal": None}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


def found(instance: Any, name: str = "chat.response", folder: str = "openai") -> list[tuple[str | None, str, str]]:
    return [(one.pointer, one.expected, one.actual) for one in shape(folder, name).findings(instance)]


def test_an_answer_that_conforms_has_no_findings() -> None:
    assert found(ANSWER) == []


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        pytest.param("/id", 7, "a value of type string", id="a-type"),
        pytest.param("/object", "chat", '"chat.completion"', id="a-constant"),
        pytest.param("/choices/1/index", "0", "a value of type integer", id="in-the-second-element"),
        pytest.param("/choices/1/message/content", 7, "a value of type string or null", id="one-of-two-types"),
        pytest.param("/usage/total_tokens", -1, "at least 0", id="a-bound"),
        pytest.param("/choices/0/finish_reason", "because", "one of ", id="an-enumeration"),
    ],
)
def test_a_finding_points_at_the_wrong_member(place: str, value: Any, expected: str) -> None:
    ((at, wanted, actual),) = found(json_pointer.edit(ANSWER, place, value))
    assert (at, actual) == (place, value if isinstance(value, str) else json.dumps(value))
    assert wanted.startswith(expected) or wanted.strip('"') == expected.strip('"')


@pytest.mark.parametrize(
    "place", ["/id", "/choices", "/choices/1/index", "/choices/0/message/role", "/usage/total_tokens"]
)
def test_a_missing_member_is_found_at_its_expected_place(place: str) -> None:
    assert found(json_pointer.drop(ANSWER, place)) == [(place, "this member present", "missing")]


def test_two_missing_members_are_two_findings() -> None:
    changed = json_pointer.drop(json_pointer.drop(ANSWER, "/id"), "/model")
    assert {at for at, _, _ in found(changed)} == {"/id", "/model"}


def test_the_order_of_findings_does_not_depend_on_that_of_members() -> None:
    changed = {**ANSWER, "id": 7, "model": 7, "created": "x"}
    assert found(changed) == found(dict(reversed(changed.items())))


def test_of_several_alternatives_the_nearest_is_reported() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {}}}
    changed = json_pointer.edit(ANSWER, "/choices/0/message/tool_calls", [call])
    assert ("/choices/0/message/tool_calls/0/function/arguments", "a value of type string", "{}") in found(changed)


def test_a_schema_that_the_document_lacks_is_none() -> None:
    assert SchemaSet("iio").shape("responses.response") is None
    assert SchemaSet("nobody").shape("error") is None


def test_a_format_error_has_the_place_the_value_and_the_remedy() -> None:
    with pytest.raises(ConfigError, match=r"^x\.yaml, /a/repeat: 0 is not at least 1; "):
        check_format({"a": {"says": "s", "endpoint": "chat", "repeat": 0}}, "cases", "x.yaml")
    with pytest.raises(ConfigError, match=r"write a JSON Pointer such as /error/code$"):
        check_format({"a": {"says": "s", "endpoint": "chat", "drop": ["model"]}}, "cases", "x.yaml")
