"""The complete requests and streams of the documents agree with providers.yaml and the schemas.

`<provider>/requests/` has each curl command, Python sample and header line: method, URL, headers, and the name of
the example with its body. `<provider>/streams/` has each stream as text, exactly as printed. Defects of a stream are
listed beside it: the reading, the place and the correction.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import openai
import pytest

from wireproof.contract import target_options
from wireproof.contract.loading import read_providers_data
from wireproof.errors import ConfigError
from wireproof.evidence import chat_stream

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACEHOLDER = re.compile(r"[A-Z_]+|\$[A-Z_]+|[a-z_-]*(\{[a-z-]+\}|<[a-z-]+>)")


def kept(folder: str) -> list[Any]:
    paths = sorted(HERE.glob(f"*/{folder}/*.json"))
    return [
        pytest.param(path.parents[1].name, json.loads(path.read_text()), id=f"{path.parents[1].name}-{path.stem}")
        for path in paths
    ]


REQUESTS, STREAMS = kept("requests"), kept("streams")
every_request = pytest.mark.parametrize(("name", "record"), REQUESTS)
every_stream = pytest.mark.parametrize(("name", "record"), STREAMS)
whole = pytest.mark.parametrize(("name", "record"), [case for case in REQUESTS if "url" in case.values[1]])


def example(name: str, stem: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / name / f"{stem}.json").read_text())
    return found


@cache
def schemas() -> dict[str, Any]:
    files = [json.loads(path.read_text()) for path in (ROOT / "schemas").rglob("*.json")]
    return {schema["$id"]: schema for schema in files}


def obeys(name: str, shape: str, value: Any) -> bool:
    files = schemas()
    schema = files[f"https://wireproof.invalid/schemas/{name}/{shape}.json"]
    return jsonschema_rs.Draft202012Validator(schema, retriever=files.__getitem__).is_valid(value)


@cache
def entry(name: str) -> dict[str, Any]:
    found: dict[str, Any] = read_providers_data()[name]
    return found


def endpoint_of(name: str, record: Mapping[str, Any]) -> str:
    """The endpoint of the method and URL of a request."""
    for key, row in entry(name)["endpoints"].items():
        if (record["method"], record["url"]) == (row["method"], entry(name)["base_url"] + row["path"]):
            return str(key)
    raise AssertionError(f"{record['method']} {record['url']} is no endpoint of {name}")


# --- requests


@every_request
def test_a_request_has_a_source(name: str, record: dict[str, Any]) -> None:
    assert record["source"]
    assert ("reading" in record) == ("reason" in record)
    assert "reading" not in record or record["reading"] in listed_readings()


@every_request
def test_a_request_has_a_key_of_the_documented_form(name: str, record: dict[str, Any]) -> None:
    auth = entry(name)["auth"]
    scheme, key = record["headers"][auth["header"]].split(" ", 1)
    assert scheme in auth["schemes"]
    assert PLACEHOLDER.fullmatch(key), "a key stands in the repository"
    assert not auth.get("key_prefix_promised") or key.startswith(auth["key_prefix"])


@every_request
def test_a_request_has_known_headers_only(name: str, record: dict[str, Any]) -> None:
    known = {entry(name)["auth"]["header"], "Content-Type", *entry(name)["headers"]["request"].values()}
    assert set(record["headers"]) <= known


@pytest.mark.parametrize("name", sorted({case.values[0] for case in REQUESTS}))
def test_every_scheme_of_a_provider_is_printed(name: str) -> None:
    header = entry(name)["auth"]["header"]
    printed = {case.values[1]["headers"][header].split(" ")[0] for case in REQUESTS if case.values[0] == name}
    assert printed == set(entry(name)["auth"]["schemes"])


@whole
def test_a_complete_request_has_a_known_endpoint(name: str, record: dict[str, Any]) -> None:
    kinds = {"GET": None, "POST": "multipart/form-data" if "form" in record else "application/json"}
    assert record["headers"].get("Content-Type") == kinds[record["method"]]
    assert ("body" in record) == (record["method"] == "POST")
    assert urlsplit(record["url"]).scheme == "https"
    assert endpoint_of(name, record)


@whole
def test_the_body_of_a_complete_request_conforms_to_its_schema(name: str, record: dict[str, Any]) -> None:
    if "body" in record:
        body = example(name, record["body"])
        assert body["shape"] == f"{endpoint_of(name, record)}.request"
        assert obeys(name, body["shape"], body["instance"])


@whole
def test_a_form_sends_the_fields_of_its_example(name: str, record: dict[str, Any]) -> None:
    """curl marks the name of a file with @."""
    if "form" in record:
        fields = {field: value.removeprefix("@") for field, value in record["form"]}
        assert fields == example(name, record["body"])["instance"]
        assert [field for field, value in record["form"] if value.startswith("@")] == ["file"]


def python_samples() -> list[Any]:
    return [case for case in REQUESTS if "client" in case.values[1]]


@pytest.mark.parametrize(("name", "record"), python_samples())
def test_the_official_sdk_sends_the_printed_request_of_a_python_sample(name: str, record: dict[str, Any]) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=example(name, "chat.response")["instance"])

    sample, body = record["client"], example(name, record["body"])["instance"]
    assert (sample["class"], sample["method"]) == ("openai.OpenAI", "chat.completions.create")
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        client = openai.OpenAI(api_key=sample["api_key"], base_url=sample["base_url"], http_client=cast(Any, http))
        made = client.chat.completions.create(**body)
    assert (
        made.choices[0].message.content
        == example(name, "chat.response")["instance"]["choices"][0]["message"]["content"]
    )
    (request,) = sent
    assert (request.method, str(request.url)) == (record["method"], record["url"])
    assert {header: request.headers[header] for header in record["headers"]} == record["headers"]
    assert json.loads(request.content) == body


@pytest.mark.parametrize(("name", "record"), python_samples())
def test_a_variable_name_in_place_of_the_key_raises_an_error(name: str, record: dict[str, Any]) -> None:
    environment = {entry(name)["auth"]["key_env"]: record["client"]["api_key"]}
    with pytest.raises(ConfigError, match="the name of a variable"):
        target_options.build_targets(
            target_options.TargetOptions({"provider": [name], "endpoint": record["client"]["base_url"]}), environment
        )


# --- streams


def decoded(text: str) -> dict[str, Any]:
    """The result of decoding a stream by the standard."""
    seen = chat_stream.assemble_stream([(0, text.encode())])
    return {
        "events": len(seen.events),
        "not_json": [chunk.index for chunk in seen.chunks if chunk.problem],
        "offences": [offence.rule for offence in seen.offences],
        "done": seen.done is not None,
    }


def mended(record: Mapping[str, Any], misfits: Iterator[Mapping[str, Any]]) -> str:
    text: str = record["text"]
    for old, new in itertools.chain.from_iterable(misfit["mend"].items() for misfit in misfits):
        assert old in text
        text = text.replace(old, new)
    return text


def misfits() -> list[Any]:
    return [
        pytest.param(case.values[1], misfit, id=f"{case.id}-{misfit['reading']}")
        for case in STREAMS
        for misfit in case.values[1]["misfits"]
    ]


@every_stream
def test_a_corrected_stream_is_complete(name: str, record: dict[str, Any]) -> None:
    seen = chat_stream.assemble_stream([(0, mended(record, iter(record["misfits"])).encode())])
    assert not seen.offences
    assert seen.done is not None
    assert not seen.after_done
    assert len(seen.chunks) == len(record["chunks"])
    assert all(obeys(name, record["shape"], chunk.value) for chunk in seen.chunks)
    assert [choice.content for choice in seen.choices] == [record["content"]]


@every_stream
def test_each_chunk_of_a_stream_is_an_example(name: str, record: dict[str, Any]) -> None:
    lines = [line.removeprefix("data: ") for line in record["text"].splitlines() if line]
    examples = [example(name, stem) for stem in record["chunks"]]
    assert lines.pop() == "[DONE]"
    assert len(lines) == len(examples)
    for line, chunk in zip(lines, examples, strict=True):
        assert chunk["shape"] == record["shape"]
        assert line == chunk["text"] if "text" in chunk else json.loads(line) == chunk["instance"]


@every_stream
def test_a_printed_stream_has_exactly_its_listed_defects(name: str, record: dict[str, Any]) -> None:
    whole = {"events": len(record["chunks"]) + 1, "not_json": [], "offences": [], "done": True}
    assert ("as_printed" in record) == bool(record["misfits"])
    assert decoded(record["text"]) == record.get("as_printed", whole)


@pytest.mark.parametrize(("record", "misfit"), misfits())
def test_correcting_one_defect_leaves_the_others(record: dict[str, Any], misfit: dict[str, Any]) -> None:
    assert decoded(mended(record, iter([misfit]))) == misfit["when_mended_alone"]
    assert misfit["place"]
    assert misfit["reason"]
    assert misfit["reading"] in listed_readings()


def mendable() -> list[Any]:
    records = {path: json.loads(path.read_text()) for path in sorted(HERE.glob("*/*.json"))}
    return [
        pytest.param(path.parent.name, record, id=f"{path.parent.name}-{path.stem}")
        for path, record in records.items()
        if "mended" in record
    ]


@pytest.mark.parametrize(("name", "record"), mendable())
def test_a_corrected_text_example_equals_the_example_it_names(name: str, record: dict[str, Any]) -> None:
    text = mended(record, iter([record]))
    assert json.loads(text) == example(name, record["mended"])["instance"]


@cache
def listed_readings() -> frozenset[str]:
    page = (ROOT / "docs/readings.md").read_text()
    return frozenset(re.findall(r"^\| (AMB-[A-Z]+-\d{2}) ", page, re.MULTILINE))
