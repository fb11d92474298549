"""providers.yaml holds what the documents say, by tables transcribed from them by hand.

The mock and the checks take their values from providers.yaml alike, so a wrong value there would pass twice.
A table says of every key what its document says; where a document is silent the table says so in one of the
words of `SILENT`, and providers.yaml may not claim anything then.
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
FREE_OF_FIGURES = {"unlimited": None, "custom": None, "none": None}
TYPES = {  # a document's word for a type, and the words of providers.yaml
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
MEMBERS = {  # a further member of an answer and its printed value, and the word of providers.yaml
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


def told(name: str, key: str) -> Any:
    """What the table says, None where it says that the document is silent; every table has the key."""
    value = golden(name)[key]
    return None if isinstance(value, str) and value in SILENT else value


def maybe(name: str, key: str) -> Any:
    """The same of a key that only some tables have."""
    return told(name, key) if key in golden(name) else None


def extract(name: str) -> bool:
    """Whether the table holds only a part of what its document says."""
    return bool(maybe(name, "extract"))


def kept_endpoints(name: str) -> dict[str, str]:
    """Method and path as a document prints them, for each endpoint that is kept."""
    entry = provider(name)
    below = urlsplit(entry["base_url"]).path
    return {f"{row['method']} {below}{row['path']}": key for key, row in entry["endpoints"].items()}


def printed_endpoints(name: str, key: str) -> set[str]:
    """The same of a table, with any way to print a parameter of the path."""
    return {re.sub(r":\w+", "{model}", line) for line in maybe(name, key) or ()}


def documented(name: str, endpoint: str) -> dict[str, Any]:
    fields = provider(name)["requests"].get(endpoint, {}).get("fields", {})
    return {field: row for field, row in fields.items() if row.get("documented", True)}


each = pytest.mark.parametrize("name", NAMES)


# --- the tables themselves


def test_every_provider_has_a_golden_table() -> None:
    known = yaml.safe_load((ROOT / "providers.yaml").read_text())["providers"]
    assert set(known) == set(NAMES)


def read_here() -> set[str]:
    """The keys of a table that some test of this file asks for."""
    source = Path(__file__).read_text()
    return set(re.findall(r'\b(?:told|maybe|printed_endpoints|rows_of)\(name, "(\w+)"\)', source))


@each
def test_each_key_of_a_table_is_read_by_a_test(name: str) -> None:
    assert set(golden(name)) <= read_here()


def test_each_key_that_a_test_reads_stands_in_a_table() -> None:
    assert read_here() == {key for name in NAMES for key in golden(name)}


@each
def test_each_word_within_a_table_is_read_by_a_test(name: str) -> None:
    fields = [row for table in rows_of(name, "parameters").values() for row in table.values()]
    assert {word for row in fields for word in row} <= PARAMETER_WORDS
    assert {word for row in rows_of(name, "message_object").values() for word in row} <= {"type", "required"}
    assert {word for row in told(name, "error_codes") or () for word in row} <= REFUSAL_WORDS
    models = {word for row in maybe(name, "models") or () for word in row}
    assert models <= {"id", "roles", "price_per_token", *PRINTED_OF_MODELS}
    tiers = {word for row in (told(name, "rate_limits") or {}).values() for word in row}
    assert tiers <= {"per_minute", "per_month", "models"}
    assert set(told(name, "model_list")) == {"at", "entry"}


def rows_of(name: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = maybe(name, key) or {}
    return found


# --- address and key


@each
def test_the_address_is_the_documents(name: str) -> None:
    assert provider(name)["base_url"] == told(name, "base_url").rstrip("/")


@each
def test_the_authorization_is_the_documents(name: str) -> None:
    auth = provider(name)["auth"]
    assert auth["header"] == "Authorization"
    assert auth["schemes"] == told(name, "authorization")


@each
def test_a_key_prefix_is_promised_where_the_document_prints_one(name: str) -> None:
    auth, said = provider(name)["auth"], told(name, "key_starts_with")
    assert auth.get("key_prefix_promised", False) is (said is not None)
    assert said is None or auth["key_prefix"] == said


@each
def test_the_endpoints_without_a_key_are_the_documents(name: str) -> None:
    kept = kept_endpoints(name)
    public = {line for line, key in kept.items() if key in provider(name)["auth"]["public"]}
    if golden(name)["public_endpoints"] == "not said":
        assert not public & printed_endpoints(name, "shown_with_a_key")
    else:
        assert public == printed_endpoints(name, "public_endpoints")


# --- endpoints and promises


@each
def test_every_documented_endpoint_is_there(name: str) -> None:
    kept = kept_endpoints(name).keys()
    assert printed_endpoints(name, "endpoints") <= kept
    assert printed_endpoints(name, "implied_endpoints") <= kept


@each
def test_an_endpoint_that_the_document_leaves_out_is_optional(name: str) -> None:
    said = printed_endpoints(name, "endpoints") | printed_endpoints(name, "implied_endpoints")
    silent = {key for line, key in kept_endpoints(name).items() if line not in said}
    assert silent <= set(provider(name)["capabilities"]["optional"])


@each
def test_what_is_promised_is_what_the_document_says(name: str) -> None:
    """A promise that no word of the document makes would fail an honest server."""
    kept = set(provider(name)["capabilities"]["promised"])
    assert kept == {*told(name, "promises"), *(maybe(name, "implied_promises") or ())}


# --- requests


def parameters() -> list[Any]:
    return [
        pytest.param(name, endpoint, field, said, id=f"{name}-{endpoint}-{field}")
        for name in NAMES
        for endpoint, table in rows_of(name, "parameters").items()
        for field, said in table.items()
    ]


@pytest.mark.parametrize(("name", "endpoint", "field", "said"), parameters())
def test_a_request_field_has_the_documented_type_and_bounds(
    name: str, endpoint: str, field: str, said: dict[str, Any]
) -> None:
    kept = documented(name, endpoint)[field]
    if "type" in said:
        assert kept["type"] == TYPES[said.get("read_as", said["type"])]
        assert kept.get("required", False) is (said["required"] is True)
    for word, key in BOUNDS.items():
        if word in said:
            assert kept[key] == said[word]


@pytest.mark.parametrize(("name", "endpoint", "field", "said"), parameters())
def test_a_bound_that_its_document_does_not_print_is_openais(
    name: str, endpoint: str, field: str, said: dict[str, Any]
) -> None:
    """Where OpenAI prints no least number either, one is the least that makes sense; no default is taken over."""
    kept, theirs = documented(name, endpoint)[field], documented(BASELINE_PROVIDER, endpoint).get(field, {})
    for word, key in BOUNDS.items():
        if not extract(name) and word not in said:
            free = () if key == "default" else (theirs.get(key), 1 if key == "minimum" else None)
            assert kept.get(key) in (None, *free)


@pytest.mark.parametrize(("name", "endpoint", "field", "said"), parameters())
def test_a_type_that_is_read_otherwise_than_printed_has_a_reading(
    name: str, endpoint: str, field: str, said: dict[str, Any]
) -> None:
    assert ("read_as" in said) == ("reading" in said)
    if "reading" in said:
        assert f"| {said['reading']} |" in (ROOT / "docs/readings.md").read_text()


@each
def test_fields_of_which_one_is_due_have_a_refusal_for_both(name: str) -> None:
    words = [row.get("required") for table in rows_of(name, "parameters").values() for row in table.values()]
    assert ("one of" in words) == ("both-inputs" in provider(name)["errors"]["refusals"])


@each
def test_a_field_shown_in_a_sample_alone_is_kept_with_its_type(name: str) -> None:
    for endpoint, shown in rows_of(name, "shown_fields").items():
        for field, word in shown.items():
            kept = documented(name, endpoint)[field]
            assert word in SILENT or kept["type"] == TYPES[word]


@each
def test_no_field_counts_as_documented_that_the_document_does_not_show(name: str) -> None:
    said, shown = rows_of(name, "parameters"), rows_of(name, "shown_fields")
    for endpoint in () if extract(name) else {*said, *shown}:
        assert documented(name, endpoint).keys() == {*said.get(endpoint, ()), *shown.get(endpoint, ())}


@each
def test_each_documented_request_has_its_fields_kept(name: str) -> None:
    kept, said = kept_endpoints(name), {*rows_of(name, "parameters"), *rows_of(name, "shown_fields")}
    posts = {key for line, key in kept.items() if line in printed_endpoints(name, "endpoints") and "POST" in line}
    assert extract(name) or said == posts


@each
def test_the_field_that_caps_tokens_is_the_documents(name: str) -> None:
    for endpoint, field in told(name, "token_cap").items():
        assert provider(name)["requests"][endpoint]["token_cap"] == field
        assert extract(name) or field in documented(name, endpoint)


@each
def test_the_documented_roles_and_content_parts_are_kept(name: str) -> None:
    """What is kept beyond them is OpenAI's."""
    chat = provider(name)["requests"]["chat"]
    assert set(told(name, "roles")) <= set(chat["roles"]) <= set(golden(BASELINE_PROVIDER)["roles"])
    parts = set(told(name, "content_parts") or ())
    assert parts <= set(chat["content_parts"]) <= parts | {"text"}


def samples_of(word: str) -> tuple[list[Any], list[Any]]:
    """Values of a documented type, and values of another."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    right: dict[str, list[Any]] = {
        "string": ["user"],
        "array": [[call]],
        "string or parts": ["a", [{"type": "text", "text": "a"}]],
    }
    return right[word], [1, True, {"type": "text"}]


@each
def test_a_message_has_the_documented_members(name: str) -> None:
    said, right = rows_of(name, "message_object"), {}
    for member, row in said.items():
        right[member], wrong = samples_of(row["type"])
        for value in wrong:
            assert not takes(name, {"role": "user", member: value}), (member, value)
        for value in right[member]:
            assert takes(name, {"role": "user", member: value}), (member, value)
        assert row["required"] is not takes(name, {key: values[0] for key, values in right.items() if key != member})


@each
def test_a_message_of_each_documented_role_is_taken(name: str) -> None:
    extra = {"tool": {"tool_call_id": "call_1"}, "function": {"name": "f"}}
    for role in told(name, "roles"):
        assert takes(name, {"role": role, "content": "a", **extra.get(role, {})}), role


def takes(name: str, message: dict[str, Any]) -> bool:
    """Whether the request's schema takes a message."""
    return obeys(name, "chat.request", {"model": "a", "messages": [message]})


def obeys(name: str, wanted: str, value: Any) -> bool:
    judge = jsonschema_rs.Draft202012Validator(shape(name, wanted), retriever=schemas().__getitem__)
    return judge.is_valid(value)


def shape(name: str, wanted: str) -> dict[str, Any]:
    found: dict[str, Any] = schemas()[f"https://wireproof.invalid/schemas/{name}/{wanted}.json"]
    return found


@cache
def schemas() -> dict[str, Any]:
    files = [json.loads(path.read_text()) for path in (ROOT / "schemas").rglob("*.json")]
    return {schema["$id"]: schema for schema in files}


# --- answers


@each
def test_the_further_members_of_an_answer_are_the_documents(name: str) -> None:
    said = rows_of(name, "further_answer_members")
    words = {MEMBERS[place, tuple(value) if isinstance(value, list) else value] for place, value in said.items()}
    # Settings are of another endpoint than chat, and padding is of chunks alone.
    assert words == set(provider(name).get("members", ())) - {"settings", "obfuscation"}


@each
def test_the_members_of_reasoning_are_the_documents(name: str) -> None:
    said, kept = told(name, "reasoning"), provider(name).get("reasoning")
    assert (said is None) == (kept is None)
    if said is not None and kept is not None:
        assert {key: kept[key] for key in said} == said


@each
def test_pictures_are_given_in_the_documented_form(name: str) -> None:
    said = maybe(name, "images_given_as")
    assert said is None or provider(name)["images"] == {"given_as": said}


@each
def test_the_model_list_is_the_documents(name: str) -> None:
    said, kept = told(name, "model_list"), provider(name)["model_list"]
    assert kept["items"] == f"/{said['at']}"
    assert kept["id"] == "/id"
    assert kept["members"] == said["entry"]


@each
def test_health_is_the_documents(name: str) -> None:
    said, entry = maybe(name, "health"), provider(name)
    assert (said is None) == ("cells" not in entry) == ("health" not in entry["endpoints"])
    if said is not None:
        assert entry["cells"] == {"count": said["cells"], "models": said["models"]}
        assert {"status", "latency_ms"} <= said.keys() == shape(name, "health.response")["properties"].keys()
        assert obeys(name, "health.response", said)


# --- models


def models() -> list[Any]:
    return [pytest.param(name, row, id=row["id"]) for name in NAMES for row in maybe(name, "models") or ()]


def catalogue(name: str) -> dict[str, Any]:
    rows = provider(name)["models"]["catalogue"]
    return {row["id"]: row for row in rows if row.get("documented", True)}


@pytest.mark.parametrize(("name", "said"), models())
def test_a_model_is_what_the_document_prints_of_it(name: str, said: dict[str, Any]) -> None:
    kept = catalogue(name)[said["id"]]
    assert kept["roles"] == said["roles"]
    for word in PRINTED_OF_MODELS:
        if word in said:
            assert kept[word] == said[word]
        elif word in kept and word not in ("context", "owned_by"):
            pytest.fail(f"the document prints no {word} of this model")


@pytest.mark.parametrize(("name", "said"), models())
def test_a_price_is_the_documents(name: str, said: dict[str, Any]) -> None:
    printed = said.get("price_per_token", {})
    per_million = {kind: float(Decimal(price) * 10**6) for kind, price in printed.items()}
    assert catalogue(name)[said["id"]].get("price", {}) == per_million


@each
def test_no_model_counts_as_documented_that_the_document_does_not_name(name: str) -> None:
    named = [*(row["id"] for row in maybe(name, "models") or ()), *(row[0] for row in maybe(name, "quotas") or ())]
    assert extract(name) or catalogue(name).keys() == set(named)


@each
def test_each_role_is_of_a_model_that_has_it(name: str) -> None:
    entry = provider(name)["models"]
    having = {row["id"]: row["roles"] for row in entry["catalogue"]}
    known = {role for roles in having.values() for role in roles}
    assert all(role in having[model] for role, model in entry.items() if role in known)


@each
def test_a_model_that_the_smallest_tier_may_use_is_the_one_the_suites_ask(name: str) -> None:
    for tier in (told(name, "rate_limits") or {}).values():
        assert tier.get("models", "all") == "all" or provider(name)["models"]["chat"] in tier["models"]


def quotas() -> list[Any]:
    return [pytest.param(name, row, id=row[0]) for name in NAMES for row in maybe(name, "quotas") or ()]


@pytest.mark.parametrize(("name", "said"), quotas())
def test_a_quota_and_a_context_are_the_documents(name: str, said: list[Any]) -> None:
    model, chat, api, embeddings, context = said
    figures = {"chat": chat, "api": api, "embeddings": embeddings}
    kept = catalogue(name)[model]
    assert kept["tokens_per_day"] == {use: figure for use, figure in figures.items() if figure != "none"}
    assert kept["context"] == context
    assert ("embeddings" in kept["roles"]) == (embeddings != "none")
    assert ("chat" in kept["roles"]) == (chat != "none")


@each
def test_only_a_document_with_quotas_has_tokens_per_day(name: str) -> None:
    said = [row[0] for row in maybe(name, "quotas") or ()]
    assert Counter(said) == Counter(model for model, row in catalogue(name).items() if "tokens_per_day" in row)


# --- refusals


def refusals() -> list[Any]:
    return [
        pytest.param(name, row, cause, id=f"{name}-{cause}")
        for name in NAMES
        for row in told(name, "error_codes") or ()
        for cause in row["causes"]
    ]


@pytest.mark.parametrize(("name", "row", "cause"), refusals())
def test_a_refusal_has_the_documented_status_and_code(name: str, row: dict[str, Any], cause: str) -> None:
    refusal = provider(name)["errors"]["refusals"][cause]
    assert refusal["status"] == [row["http"]]
    assert refusal.get("code") == ([row["code"]] if "code" in row else None)
    assert refusal.get("type") == ([row["type"]] if "type" in row else None)


@each
def test_no_other_cause_claims_a_code(name: str) -> None:
    """What the document names no code for is accepted with any; so is every refusal where it names none at all."""
    listed = {cause for row in told(name, "error_codes") or () for cause in row["causes"]}
    silent = {cause: row for cause, row in provider(name)["errors"]["refusals"].items() if cause not in listed}
    words = {"code"} if extract(name) else {"code", "type"}
    assert {cause for cause, row in silent.items() if words & row.keys()} == set()


@each
def test_no_cause_stands_in_two_rows(name: str) -> None:
    causes = Counter(cause for row in told(name, "error_codes") or () for cause in row["causes"])
    assert set(causes.values()) <= {1}


@each
def test_the_place_of_a_code_is_one_the_document_shows(name: str) -> None:
    """Where no error body is shown, the places are those of OpenAI's, and those of the reading."""
    said, errors = told(name, "error_body"), provider(name)["errors"]
    if said is None:
        assert {"/error/code", "/error/type"} <= set(errors["code_at"])
        assert errors["envelope"] == "openai"
    else:
        (member, inner), *none = said.items()
        assert not none
        assert set(errors["code_at"]) <= {f"/{member}/{name_of}" for name_of in inner}
        assert errors["envelope"] == ("openai" if "code" in inner else "typed")


# --- headers and rates


def agrees(said: dict[str, str] | None, kept: dict[str, str], free: Iterable[str] = ()) -> bool:
    return {role: header for role, header in kept.items() if role not in free or role in (said or {})} == (said or {})


@each
def test_the_header_names_are_the_documents(name: str) -> None:
    headers = provider(name)["headers"]
    assert agrees(told(name, "request_headers"), headers["request"])
    assert agrees(told(name, "header_defaults"), headers.get("defaults", {}))
    # The bundled server names every answer, where a document does not say that answers are named.
    assert agrees(told(name, "response_headers"), headers["response"], free=["request_id"])


@each
def test_the_figures_of_the_tiers_are_the_documents(name: str) -> None:
    said, kept = told(name, "rate_limits"), provider(name)["rate"]["tiers"]
    if golden(name)["rate_limits"] == "none":
        assert {tier[figure] for tier in kept.values() for figure in ("per_minute", "per_month")} == {None}
    elif said is not None:
        assert kept.keys() == said.keys()
        for tier, row in said.items():
            figures = {figure: row.get(figure, "none") for figure in ("per_minute", "per_month")}
            assert {figure: FREE_OF_FIGURES.get(word, word) for figure, word in figures.items()} == {
                figure: kept[tier][figure] for figure in figures
            }
            assert kept[tier]["models"] == row.get("models", "all")


PROMISED_ON = {
    "every response": ["answer", "stream", "refusal"],
    "answers": ["answer", "stream"],
    "not promised": [],
}


@each
def test_the_rate_limit_headers_are_the_documents(name: str) -> None:
    said, rate = told(name, "rate_headers"), provider(name)["rate"]
    assert rate.get("headers") == said
    assert (rate["dialect"] == "none") == (said is None)
    assert rate["promised_on"] == PROMISED_ON[maybe(name, "rate_headers_on") or "not promised"]


@each
def test_the_unit_of_the_reset_is_the_documents(name: str) -> None:
    said, kept = maybe(name, "reset_is"), provider(name)["rate"].get("reset_unit")
    assert (kept is None) == (told(name, "rate_headers") is None)
    assert kept == said or (said is None and kept in (None, "seconds", "epoch"))


@each
def test_retry_after_is_promised_where_the_document_names_it(name: str) -> None:
    said, entry = told(name, "retry_after_on"), provider(name)
    assert entry["rate"]["retry_after"] is (said is not None)
    assert said is None or said in entry["errors"]["refusals"]["rate-limited"]["status"]
