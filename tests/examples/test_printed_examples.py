"""The printed examples of the documents conform to the schemas, except those of errata and readings."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOST = "https://wireproof.invalid/schemas/"
PROVIDERS = tuple(sorted({path.parent.name for path in (ROOT / "schemas").glob("*/*.json")} - {"formats"}))


@cache
def schemas() -> dict[str, Any]:
    paths = [path for name in PROVIDERS for path in (ROOT / "schemas" / name).rglob("*.json")]
    return {schema["$id"]: schema for schema in map(json.loads, map(Path.read_text, paths))}


@cache
def examples() -> dict[str, dict[str, Any]]:
    paths = sorted((ROOT / "tests/examples").glob("*/*.json"))
    return {f"{path.parent.name}/{path.stem}": json.loads(path.read_text()) for path in paths}


@cache
def errata() -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in yaml.safe_load((ROOT / "schemas/openai/errata.yaml").read_text())}


def obeys(name: str, files: Mapping[str, Any]) -> bool:
    """True if an example conforms to its schema."""
    record = examples()[name]
    schema = files[f"{HOST}{name.split('/')[0]}/{record['shape']}.json"]
    judge = jsonschema_rs.Draft202012Validator(schema, retriever=files.__getitem__)
    return "instance" in record and judge.is_valid(record["instance"])


def wrong() -> list[tuple[str, str]]:
    """Pairs of an example that an erratum declares wrong, and that erratum."""
    entries = [entry for entry in errata().values() if entry["wrong"] == "example"]
    return [(name, entry["id"]) for entry in entries for name in evidence(entry)]


def evidence(entry: dict[str, Any]) -> list[str]:
    return [f"openai/{name}" for name in entry["evidence"].get("examples", [])]


def restored(entry: dict[str, Any]) -> dict[str, Any]:
    """The schemas with the published text restored at the places of one erratum."""
    files = copy.deepcopy(schemas())
    for name, edits in entry["restore"].items():
        for pointer, value in edits.items():
            *steps, last = pointer.split("/")[1:]
            place = files[f"{HOST}openai/{name}"]
            for step in steps:
                place = place[step]
            place[last] = value
    return files


def contradictions() -> Iterator[Any]:
    for entry in errata().values():
        if "restore" in entry:
            yield from (pytest.param(entry, name, id=f"{entry['id']}-{name}") for name in evidence(entry))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_document_has_its_examples(provider: str) -> None:
    kept = [record for name, record in examples().items() if name.startswith(f"{provider}/")]
    assert kept
    assert all(record["source"] and len({"instance", "text"} & record.keys()) == 1 for record in kept)


def readings() -> dict[str, str]:
    """Example that a reading declares wrong → that reading."""
    return {name: record["reading"] for name, record in examples().items() if "reading" in record}


def test_only_examples_of_errata_and_readings_break_their_schema() -> None:
    broken = {name for name in examples() if not obeys(name, schemas())}
    assert sorted(broken) == sorted([*(name for name, _ in wrong()), *readings()])


def test_an_example_with_a_reading_has_a_reason() -> None:
    listed = re.findall(r"^\| (AMB-[A-Z]+-\d{2}) ", (ROOT / "docs/readings.md").read_text(), re.MULTILINE)
    assert set(readings().values()) <= set(listed)
    assert all(examples()[name]["reason"] for name in readings())


def test_a_wrong_example_names_its_erratum() -> None:
    cited = {name: record["erratum"] for name, record in examples().items() if "erratum" in record}
    assert cited == dict(wrong())


def test_an_example_kept_as_text_is_not_json() -> None:
    for record in examples().values():
        if "text" in record:
            with pytest.raises(ValueError):
                json.loads(record["text"])


@pytest.mark.parametrize(("entry", "name"), [*contradictions()])
def test_the_evidence_contradicts_the_published_schema(entry: dict[str, Any], name: str) -> None:
    assert obeys(name, schemas())
    assert not obeys(name, restored(entry))


def test_errata_are_numbered_and_complete() -> None:
    assert [*errata()] == [f"E{number:03}" for number in range(1, len(errata()) + 1)]
    for entry in errata().values():
        assert {"wrong", "place", "says", "taken", "reason", "evidence"} <= entry.keys(), entry["id"]
        assert entry["wrong"] in {"schema", "example", "scope"}, entry["id"]
        assert ("restore" in entry) == (entry["wrong"] != "example" and bool(evidence(entry))), entry["id"]


def test_each_cited_erratum_exists() -> None:
    pages = [
        *(ROOT / "schemas").rglob("*.json"),
        ROOT / "docs/errata.md",
        ROOT / "schemas/openai/errata.yaml",
    ]
    cited = {found for page in pages for found in re.findall(r"\bE\d{3}\b", page.read_text())}
    assert cited <= errata().keys()


def test_the_page_lists_every_erratum() -> None:
    listed = re.findall(r"^\| (E\d{3}) ", (ROOT / "docs/errata.md").read_text(), re.MULTILINE)
    assert listed == [*errata()]
