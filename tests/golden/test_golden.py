"""providers.yaml agrees with the documents, by tables that were transcribed from them by hand.

The mock and the checks both take their values from providers.yaml, so that neither would detect a wrong value there.
A table has the value of its document for every key. If a document is silent, the table has a word of `SILENT`, and
providers.yaml must have no value.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import yaml

from wireproof.contract.loading import BASELINE_PROVIDER, read_providers_data

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = sorted(file.stem for file in HERE.glob("*.yaml"))

SILENT = {"none", "not said", "not shown", "not promised"}
FIGURES_OF_WORDS = {"unlimited": None, "custom": None, "none": None}
TYPES = {  # type in a document → type in providers.yaml
    "string": "string",
    "number": "number",
    "float": "number",
    "integer": "integer",
    "boolean": "boolean",
    "object": "object",
    "array": "array",
    "string[]": "array",
    "string|array": ["string", "array"],
    "string/array": ["string", "array"],
    "string or array": ["string", "array"],
    "string or parts": ["string", "array"],
    "string/object": ["string", "object"],
}
BOUNDS = {"from": "minimum", "to": "maximum", "at_most": "max_items", "default": "default"}
PARAMETER_WORDS = {"type", "required", "read_as", "reading", *BOUNDS}
REFUSAL_WORDS = {"http", "code", "type", "causes"}
MEMBERS = {  # (member of a response, printed value) → word in providers.yaml
    ("/service_tier", "default"): "service_tier",
    ("/system_fingerprint", "fp_44709d6fcb"): "system_fingerprint",
    ("/choices/0/message/refusal", None): "refusal",
    ("/choices/0/message/annotations", ()): "annotations",
    ("/choices/0/logprobs", None): "logprobs",
    ("/choices/0/stop_reason", None): "stop_reason",
    ("/prompt_logprobs", None): "prompt_logprobs",
    ("/usage/prompt_tokens_details", None): "null_details",
    ("/usage/prompt_tokens_details/cached_tokens", 0): "cached_details",
    ("/usage/completion_tokens_details/reasoning_tokens", 0): "details",
}
PRINTED_OF_MODELS = ("owned_by", "created", "name", "date", "context", "output", "moderated", "modality")


@cache
def golden(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yaml").read_text())
    return table


@cache
def everything() -> dict[str, Any]:
    return read_providers_data()


def provider(name: str) -> dict[str, Any]:
    entry: dict[str, Any] = everything()[name]
    return entry


def stated(name: str, key: str) -> Any:
    """The value in the table; None if the document is silent. Every table has the key."""
    value = golden(name)[key]
    return None if isinstance(value, str) and value in SILENT else value


def stated_if_present(name: str, key: str) -> Any:
    """The value of a key that only some tables have."""
    return stated(name, key) if key in golden(name) else None


def extract(name: str) -> bool:
    """True if the table covers only a part of its document."""
    return bool(stated_if_present(name, "extract"))


def provider_endpoints(name: str) -> dict[str, str]:
    """Method and path as documents print them → endpoint of providers.yaml."""
    entry = provider(name)
    below = urlsplit(entry["base_url"]).path
    return {f"{row['method']} {below}{row['path']}": key for key, row in entry["endpoints"].items()}


def printed_endpoints(name: str, key: str) -> set[str]:
    """The endpoints of a table, with path parameters in one notation."""
    return {re.sub(r":\w+", "{model}", line) for line in stated_if_present(name, key) or ()}


def documented(name: str, endpoint: str) -> dict[str, Any]:
    fields = provider(name)["requests"].get(endpoint, {}).get("fields", {})
    return {field: row for field, row in fields.items() if row.get("documented", True)}


each = pytest.mark.parametrize("name", NAMES)


# --- the tables themselves


def test_every_provider_has_a_golden_table() -> None:
    known = yaml.safe_load((ROOT / "providers.yaml").read_text())["providers"]
    assert set(known) == set(NAMES)


def read_here() -> set[str]:
    """The keys of tables that the tests of this file read."""
    source = Path(__file__).read_text()
    return set(re.findall(r'\b(?:stated|stated_if_present|printed_endpoints|rows_of)\(name, "(\w+)"\)', source))


@each
def test_each_key_of_a_table_is_tested(name: str) -> None:
    assert set(golden(name)) <= read_here()


def test_each_tested_key_is_in_a_table() -> None:
    assert read_here() == {key for name in NAMES for key in golden(name)}


@each
def test_each_word_of_a_table_is_tested(name: str) -> None:
    fields = [row for table in rows_of(name, "parameters").values() for row in table.values()]
    assert {word for row in fields for word in row} <= PARAMETER_WORDS
    assert {word for row in rows_of(name, "message_object").values() for word in row} <= {"type", "required"}
    assert {word for row in stated(name, "error_codes") or () for word in row} <= REFUSAL_WORDS
    models = {word for row in stated_if_present(name, "models") or () for word in row}
    assert models <= {"id", "roles", "price_per_token", *PRINTED_OF_MODELS}
    tiers = {word for row in (stated(name, "rate_limits") or {}).values() for word in row}
    assert tiers <= {"per_minute", "per_month", "models"}
    assert set(stated(name, "model_list")) == {"at", "entry"}


def rows_of(name: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = stated_if_present(name, key) or {}
    return found


# --- address and key


@each
def test_the_base_url_is_that_of_the_document(name: str) -> None:
    assert provider(name)["base_url"] == stated(name, "base_url").rstrip("/")


@each
def test_the_schemes_are_those_of_the_document(name: str) -> None:
    auth = provider(name)["auth"]
    assert auth["header"] == "Authorization"
    assert auth["schemes"] == stated(name, "authorization")


@each
def test_a_key_prefix_is_promised_if_the_document_has_one(name: str) -> None:
    auth, expected = provider(name)["auth"], stated(name, "key_starts_with")
    assert auth.get("key_prefix_promised", False) is (expected is not None)
    assert expected is None or auth["key_prefix"] == expected


@each
def test_the_public_endpoints_are_those_of_the_document(name: str) -> None:
    actual = provider_endpoints(name)
    public = {line for line, key in actual.items() if key in provider(name)["auth"]["public"]}
    if golden(name)["public_endpoints"] == "not said":
        assert not public & printed_endpoints(name, "shown_with_a_key")
    else:
        assert public == printed_endpoints(name, "public_endpoints")


# --- endpoints and promises


@each
def test_every_documented_endpoint_exists(name: str) -> None:
    actual = provider_endpoints(name).keys()
    assert printed_endpoints(name, "endpoints") <= actual
    assert printed_endpoints(name, "implied_endpoints") <= actual


@each
def test_an_endpoint_that_the_document_leaves_out_is_optional(name: str) -> None:
    expected = printed_endpoints(name, "endpoints") | printed_endpoints(name, "implied_endpoints")
    silent = {key for line, key in provider_endpoints(name).items() if line not in expected}
    assert silent <= set(provider(name)["capabilities"]["optional"])


@each
def test_the_promises_are_those_of_the_document(name: str) -> None:
    """A promise without a statement in the document would fail a conforming server."""
    actual = set(provider(name)["capabilities"]["promised"])
    assert actual == {*stated(name, "promises"), *(stated_if_present(name, "implied_promises") or ())}


# --- requests


def parameters() -> list[Any]:
    return [
        pytest.param(name, endpoint, field, expected, id=f"{name}-{endpoint}-{field}")
        for name in NAMES
        for endpoint, table in rows_of(name, "parameters").items()
        for field, expected in table.items()
    ]


@pytest.mark.parametrize(("name", "endpoint", "field", "expected"), parameters())
def test_a_request_field_has_the_documented_type_and_bounds(
    name: str, endpoint: str, field: str, expected: dict[str, Any]
) -> None:
    actual = documented(name, endpoint)[field]
    if "type" in expected:
        assert actual["type"] == TYPES[expected.get("read_as", expected["type"])]
        assert actual.get("required", False) is (expected["required"] is True)
    for word, key in BOUNDS.items():
        if word in expected:
            assert actual[key] == expected[word]


@pytest.mark.parametrize(("name", "endpoint", "field", "expected"), parameters())
def test_an_undocumented_bound_is_that_of_openai(
    name: str, endpoint: str, field: str, expected: dict[str, Any]
) -> None:
    """If OpenAI has no minimum either, the smallest reasonable one is allowed; defaults are not taken over."""
    actual, theirs = documented(name, endpoint)[field], documented(BASELINE_PROVIDER, endpoint).get(field, {})
    for word, key in BOUNDS.items():
        if not extract(name) and word not in expected:
            free = () if key == "default" else (theirs.get(key), 1 if key == "minimum" else None)
            assert actual.get(key) in (None, *free)


@pytest.mark.parametrize(("name", "endpoint", "field", "expected"), parameters())
def test_a_type_that_differs_from_the_printed_one_has_a_reading(
    name: str, endpoint: str, field: str, expected: dict[str, Any]
) -> None:
    assert ("read_as" in expected) == ("reading" in expected)
    if "reading" in expected:
        assert f"| {expected['reading']} |" in (ROOT / "docs/readings.md").read_text()


@each
def test_alternative_required_fields_have_a_refusal_for_both(name: str) -> None:
    words = [row.get("required") for table in rows_of(name, "parameters").values() for row in table.values()]
    assert ("one of" in words) == ("both-inputs" in provider(name)["errors"]["refusals"])


@each
def test_a_field_shown_only_in_a_sample_has_its_type(name: str) -> None:
    for endpoint, shown in rows_of(name, "shown_fields").items():
        for field, word in shown.items():
            actual = documented(name, endpoint)[field]
            assert word in SILENT or actual["type"] == TYPES[word]


@each
def test_only_fields_of_the_document_are_marked_as_documented(name: str) -> None:
    expected, shown = rows_of(name, "parameters"), rows_of(name, "shown_fields")
    for endpoint in () if extract(name) else {*expected, *shown}:
        assert documented(name, endpoint).keys() == {*expected.get(endpoint, ()), *shown.get(endpoint, ())}


@each
def test_each_documented_request_has_its_fields(name: str) -> None:
    actual, expected = provider_endpoints(name), {*rows_of(name, "parameters"), *rows_of(name, "shown_fields")}
    posts = {key for line, key in actual.items() if line in printed_endpoints(name, "endpoints") and "POST" in line}
    assert extract(name) or expected == posts


@each
def test_the_token_cap_is_that_of_the_document(name: str) -> None:
    for endpoint, field in stated(name, "token_cap").items():
        assert provider(name)["requests"][endpoint]["token_cap"] == field
        assert extract(name) or field in documented(name, endpoint)


@each
def test_roles_and_content_parts_include_the_documented_ones(name: str) -> None:
    """Further roles are those of OpenAI."""
    chat = provider(name)["requests"]["chat"]
    assert set(stated(name, "roles")) <= set(chat["roles"]) <= set(golden(BASELINE_PROVIDER)["roles"])
    parts = set(stated(name, "content_parts") or ())
    assert parts <= set(chat["content_parts"]) <= parts | {"text"}


def samples_of(word: str) -> tuple[list[Any], list[Any]]:
    """Values of a documented type, and values of other types."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    right: dict[str, list[Any]] = {
        "string": ["user"],
        "array": [[call]],
        "string or parts": ["a", [{"type": "text", "text": "a"}]],
    }
    return right[word], [1, True, {"type": "text"}]


@each
def test_a_message_has_the_documented_members(name: str) -> None:
    expected, right = rows_of(name, "message_object"), {}
    for member, row in expected.items():
        right[member], wrong = samples_of(row["type"])
        for value in wrong:
            assert not takes(name, {"role": "user", member: value}), (member, value)
        for value in right[member]:
            assert takes(name, {"role": "user", member: value}), (member, value)
        assert row["required"] is not takes(name, {key: values[0] for key, values in right.items() if key != member})


@each
def test_a_message_of_each_documented_role_is_accepted(name: str) -> None:
    extra = {"tool": {"tool_call_id": "call_1"}, "function": {"name": "f"}}
    for role in stated(name, "roles"):
        assert takes(name, {"role": role, "content": "a", **extra.get(role, {})}), role


def takes(name: str, message: dict[str, Any]) -> bool:
    """True if the request's schema accepts a message."""
    return obeys(name, "chat.request", {"model": "a", "messages": [message]})


def obeys(name: str, shape_name: str, value: Any) -> bool:
    judge = jsonschema_rs.Draft202012Validator(shape(name, shape_name), retriever=schemas().__getitem__)
    return judge.is_valid(value)


def shape(name: str, shape_name: str) -> dict[str, Any]:
    found: dict[str, Any] = schemas()[f"https://wireproof.invalid/schemas/{name}/{shape_name}.json"]
    return found


@cache
def schemas() -> dict[str, Any]:
    files = [json.loads(path.read_text()) for path in (ROOT / "schemas").rglob("*.json")]
    return {schema["$id"]: schema for schema in files}


# --- answers


@each
def test_further_members_of_responses_are_those_of_the_document(name: str) -> None:
    expected = rows_of(name, "further_answer_members")
    words = {MEMBERS[place, tuple(value) if isinstance(value, list) else value] for place, value in expected.items()}
    # `settings` belongs to another endpoint than chat, and `obfuscation` to chunks only.
    assert words == set(provider(name).get("members", ())) - {"settings", "obfuscation"}


@each
def test_the_members_of_reasoning_are_those_of_the_document(name: str) -> None:
    expected, actual = stated(name, "reasoning"), provider(name).get("reasoning")
    assert (expected is None) == (actual is None)
    if expected is not None and actual is not None:
        assert {key: actual[key] for key in expected} == expected


@each
def test_images_have_the_documented_form(name: str) -> None:
    expected = stated_if_present(name, "images_given_as")
    assert expected is None or provider(name)["images"] == {"given_as": expected}


@each
def test_the_model_list_is_that_of_the_document(name: str) -> None:
    expected, actual = stated(name, "model_list"), provider(name)["model_list"]
    assert actual["items"] == f"/{expected['at']}"
    assert actual["id"] == "/id"
    assert actual["members"] == expected["entry"]


@each
def test_health_is_that_of_the_document(name: str) -> None:
    expected, entry = stated_if_present(name, "health"), provider(name)
    assert (expected is None) == ("cells" not in entry) == ("health" not in entry["endpoints"])
    if expected is not None:
        assert entry["cells"] == {"count": expected["cells"], "models": expected["models"]}
        assert {"status", "latency_ms"} <= expected.keys() == shape(name, "health.response")["properties"].keys()
        assert obeys(name, "health.response", expected)


# --- models


def models() -> list[Any]:
    return [pytest.param(name, row, id=row["id"]) for name in NAMES for row in stated_if_present(name, "models") or ()]


def catalogue(name: str) -> dict[str, Any]:
    rows = provider(name)["models"]["catalogue"]
    return {row["id"]: row for row in rows if row.get("documented", True)}


@pytest.mark.parametrize(("name", "expected"), models())
def test_a_model_has_the_documented_values(name: str, expected: dict[str, Any]) -> None:
    actual = catalogue(name)[expected["id"]]
    assert actual["roles"] == expected["roles"]
    for word in PRINTED_OF_MODELS:
        if word in expected:
            assert actual[word] == expected[word]
        elif word in actual and word not in ("context", "owned_by"):
            pytest.fail(f"the document prints no {word} of this model")


@pytest.mark.parametrize(("name", "expected"), models())
def test_a_price_is_that_of_the_document(name: str, expected: dict[str, Any]) -> None:
    printed = expected.get("price_per_token", {})
    per_million = {kind: float(Decimal(price) * 10**6) for kind, price in printed.items()}
    assert catalogue(name)[expected["id"]].get("price", {}) == per_million


@each
def test_only_models_of_the_document_are_marked_as_documented(name: str) -> None:
    named = [
        *(row["id"] for row in stated_if_present(name, "models") or ()),
        *(row[0] for row in stated_if_present(name, "quotas") or ()),
    ]
    assert extract(name) or catalogue(name).keys() == set(named)


@each
def test_the_model_of_each_role_has_the_role(name: str) -> None:
    entry = provider(name)["models"]
    having = {row["id"]: row["roles"] for row in entry["catalogue"]}
    known = {role for roles in having.values() for role in roles}
    assert all(role in having[model] for role, model in entry.items() if role in known)


@each
def test_every_tier_can_use_the_model_that_the_suites_request(name: str) -> None:
    for tier in (stated(name, "rate_limits") or {}).values():
        assert tier.get("models", "all") == "all" or provider(name)["models"]["chat"] in tier["models"]


def quotas() -> list[Any]:
    return [pytest.param(name, row, id=row[0]) for name in NAMES for row in stated_if_present(name, "quotas") or ()]


@pytest.mark.parametrize(("name", "expected"), quotas())
def test_quota_and_context_are_those_of_the_document(name: str, expected: list[Any]) -> None:
    model, chat, api, embeddings, context = expected
    figures = {"chat": chat, "api": api, "embeddings": embeddings}
    actual = catalogue(name)[model]
    assert actual["tokens_per_day"] == {use: figure for use, figure in figures.items() if figure != "none"}
    assert actual["context"] == context
    assert ("embeddings" in actual["roles"]) == (embeddings != "none")
    assert ("chat" in actual["roles"]) == (chat != "none")


@each
def test_only_a_document_with_quotas_has_tokens_per_day(name: str) -> None:
    expected = [row[0] for row in stated_if_present(name, "quotas") or ()]
    assert Counter(expected) == Counter(model for model, row in catalogue(name).items() if "tokens_per_day" in row)


# --- refusals


def refusals() -> list[Any]:
    return [
        pytest.param(name, row, cause, id=f"{name}-{cause}")
        for name in NAMES
        for row in stated(name, "error_codes") or ()
        for cause in row["causes"]
    ]


@pytest.mark.parametrize(("name", "row", "cause"), refusals())
def test_a_refusal_has_the_documented_status_and_code(name: str, row: dict[str, Any], cause: str) -> None:
    refusal = provider(name)["errors"]["refusals"][cause]
    assert refusal["status"] == [row["http"]]
    assert refusal.get("code") == ([row["code"]] if "code" in row else None)
    assert refusal.get("type") == ([row["type"]] if "type" in row else None)


@each
def test_only_documented_causes_have_a_code(name: str) -> None:
    """A cause without a documented code accepts any code."""
    listed = {cause for row in stated(name, "error_codes") or () for cause in row["causes"]}
    silent = {cause: row for cause, row in provider(name)["errors"]["refusals"].items() if cause not in listed}
    words = {"code"} if extract(name) else {"code", "type"}
    assert {cause for cause, row in silent.items() if words & row.keys()} == set()


@each
def test_each_cause_has_one_row(name: str) -> None:
    causes = Counter(cause for row in stated(name, "error_codes") or () for cause in row["causes"])
    assert set(causes.values()) <= {1}


@each
def test_the_place_of_a_code_is_documented(name: str) -> None:
    """Without a documented error body the places are those of OpenAI and of the reading."""
    expected, errors = stated(name, "error_body"), provider(name)["errors"]
    if expected is None:
        assert {"/error/code", "/error/type"} <= set(errors["code_at"])
        assert errors["envelope"] == "openai"
    else:
        (member, inner), *none = expected.items()
        assert not none
        assert set(errors["code_at"]) <= {f"/{member}/{name_of}" for name_of in inner}
        assert errors["envelope"] == ("openai" if "code" in inner else "typed")


# --- headers and rates


def agrees(expected: dict[str, str] | None, actual: dict[str, str], free: Iterable[str] = ()) -> bool:
    return {role: header for role, header in actual.items() if role not in free or role in (expected or {})} == (
        expected or {}
    )


@each
def test_the_header_names_are_those_of_the_document(name: str) -> None:
    headers = provider(name)["headers"]
    assert agrees(stated(name, "request_headers"), headers["request"])
    assert agrees(stated(name, "header_defaults"), headers.get("defaults", {}))
    # The reference server adds a request id to every response, also where the document has none.
    assert agrees(stated(name, "response_headers"), headers["response"], free=["request_id"])


@each
def test_the_tiers_are_those_of_the_document(name: str) -> None:
    expected, actual = stated(name, "rate_limits"), provider(name)["rate"]["tiers"]
    if golden(name)["rate_limits"] == "none":
        assert {tier[figure] for tier in actual.values() for figure in ("per_minute", "per_month")} == {None}
    elif expected is not None:
        assert actual.keys() == expected.keys()
        for tier, row in expected.items():
            figures = {figure: row.get(figure, "none") for figure in ("per_minute", "per_month")}
            assert {figure: FIGURES_OF_WORDS.get(word, word) for figure, word in figures.items()} == {
                figure: actual[tier][figure] for figure in figures
            }
            assert actual[tier]["models"] == row.get("models", "all")


PROMISED_ON = {
    "every response": ["answer", "stream", "refusal"],
    "answers": ["answer", "stream"],
    "not promised": [],
}


@each
def test_the_rate_limit_headers_are_those_of_the_document(name: str) -> None:
    expected, rate = stated(name, "rate_headers"), provider(name)["rate"]
    assert rate.get("headers") == expected
    assert (rate["dialect"] == "none") == (expected is None)
    assert rate["promised_on"] == PROMISED_ON[stated_if_present(name, "rate_headers_on") or "not promised"]


@each
def test_the_reset_unit_is_that_of_the_document(name: str) -> None:
    expected, actual = stated_if_present(name, "reset_is"), provider(name)["rate"].get("reset_unit")
    assert (actual is None) == (stated(name, "rate_headers") is None)
    assert actual == expected or (expected is None and actual in (None, "seconds", "epoch"))


@each
def test_retry_after_is_promised_if_the_document_has_it(name: str) -> None:
    expected, entry = stated(name, "retry_after_on"), provider(name)
    assert entry["rate"]["retry_after"] is (expected is not None)
    assert expected is None or expected in entry["errors"]["refusals"]["rate-limited"]["status"]
