"""providers.yaml holds what the documents say, by tables transcribed from them by hand.

The mock and the checks take their values from providers.yaml alike, so a wrong value there would pass twice.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
NAMES = sorted(file.stem for file in HERE.glob("*.yaml"))


@cache
def golden(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yaml").read_text())
    return table


@cache
def provider(name: str) -> dict[str, Any]:
    entry: dict[str, Any] = yaml.safe_load((HERE.parents[1] / "providers.yaml").read_text())["providers"][name]
    return entry


each = pytest.mark.parametrize("name", NAMES)


def test_every_provider_has_a_golden_table() -> None:
    known = yaml.safe_load((HERE.parents[1] / "providers.yaml").read_text())["providers"]
    assert set(known) == set(NAMES)


@each
def test_address_and_authorization_are_the_documents(name: str) -> None:
    said, entry = golden(name), provider(name)
    assert entry["base_url"] == said["base_url"]
    assert entry["auth"]["schemes"] == [said["authorization"]]
    assert entry["auth"]["header"] == "Authorization"
    assert entry["auth"]["public"] == []
    if "key_starts_with" in said:
        assert entry["auth"]["key_prefix"] == said["key_starts_with"]
        assert entry["auth"]["key_prefix_promised"] is True


@each
def test_every_documented_endpoint_is_there(name: str) -> None:
    kept = {f"{row['method']} /v1{row['path']}" for row in provider(name)["endpoints"].values()}
    assert set(golden(name)["endpoints"]) <= kept


def test_an_endpoint_that_iio_does_not_document_is_optional() -> None:
    entry = provider("iio")
    silent = {
        key
        for key, row in entry["endpoints"].items()
        if f"{row['method']} /v1{row['path']}" not in golden("iio")["endpoints"]
    }
    assert silent <= set(entry["capabilities"]["optional"])


def rows() -> list[Any]:
    return [
        pytest.param(name, row, cause, id=f"{name}-{cause}")
        for name in NAMES
        for row in golden(name)["error_codes"]
        for cause in row["causes"]
    ]


@pytest.mark.parametrize(("name", "row", "cause"), rows())
def test_a_refusal_has_the_documented_status_and_code(name: str, row: dict[str, Any], cause: str) -> None:
    refusal = provider(name)["errors"]["refusals"][cause]
    assert refusal["status"] == [row["http"]]
    assert refusal.get("code") == ([row["code"]] if "code" in row else None)
    assert refusal.get("type") == ([row["type"]] if "type" in row else None)


@each
def test_no_other_cause_claims_a_documented_code(name: str) -> None:
    """What the document names no code for is accepted with any."""
    told = {cause for row in golden(name)["error_codes"] for cause in row["causes"]}
    silent = {cause: row for cause, row in provider(name)["errors"]["refusals"].items() if cause not in told}
    assert [cause for cause, row in silent.items() if "code" in row] == []


def parameters() -> list[Any]:
    return [
        pytest.param(name, endpoint, field, said, id=f"{name}-{endpoint}-{field}")
        for name in NAMES
        for endpoint in ("chat", "embeddings")
        for field, said in golden(name).get(f"{endpoint}_parameters", {}).items()
    ]


@pytest.mark.parametrize(("name", "endpoint", "field", "said"), parameters())
def test_a_request_field_has_the_documented_type_bounds_and_default(
    name: str, endpoint: str, field: str, said: dict[str, Any]
) -> None:
    kept = provider(name)["requests"][endpoint]["fields"][field]
    words = {"from": "minimum", "to": "maximum", "at_most": "max_items", "default": "default"}
    for word, key in words.items():
        if word in said:
            assert kept[key] == said[word]
    if "type" in said:
        types = said["type"].split("|")
        assert kept["type"] == (types if len(types) > 1 else types[0])
    if "required" in said:
        assert kept.get("required", False) is said["required"]


def test_iio_documents_no_field_that_the_table_does_not_have() -> None:
    for endpoint in ("chat", "embeddings"):
        fields = provider("iio")["requests"][endpoint]["fields"]
        documented = {field for field, row in fields.items() if row.get("documented", True)}
        assert documented == set(golden("iio")[f"{endpoint}_parameters"])


def test_the_figures_of_iios_tiers_are_the_documents() -> None:
    free_of_figures = {"unlimited": None, "custom": None}
    for tier, said in golden("iio")["rate_limits"].items():
        kept = provider("iio")["rate"]["tiers"][tier]
        for figure in ("per_minute", "per_month"):
            assert kept[figure] == free_of_figures.get(said[figure], said[figure])
        assert kept["models"] == said["models"]
    assert set(provider("iio")["rate"]["tiers"]) == set(golden("iio")["rate_limits"])


@each
def test_the_rate_limit_headers_are_the_documents(name: str) -> None:
    said, rate = golden(name), provider(name)["rate"]
    assert rate["headers"] == said["rate_headers"]
    every = ["answer", "stream", "refusal"] if said["rate_headers_on"] == "every response" else []
    assert rate["promised_on"] == every
    assert rate["retry_after"] is True


def test_openais_reset_is_a_duration() -> None:
    assert provider("openai")["rate"]["reset_unit"] == golden("openai")["reset_is"]


def test_iios_models_are_the_documents() -> None:
    said, models = golden("iio"), provider("iio")["models"]
    catalogue = {row["id"]: row for row in models["catalogue"]}
    assert set(catalogue) == {*said["listed_models"], *said["embedding_models"]}
    assert {id for id, row in catalogue.items() if "embeddings" in row["roles"]} == set(said["embedding_models"])
    assert {row["owned_by"] for row in catalogue.values()} == {said["model_owner"]}
    assert models["chat"] in said["rate_limits"]["free"]["models"]


def test_iios_cells_and_models_of_health_are_the_documents() -> None:
    said = golden("iio")["health"]
    assert provider("iio")["cells"] == {"count": said["cells"], "models": said["models"]}


def test_the_other_header_names_are_the_documents() -> None:
    assert provider("iio")["headers"]["request"] == {"tenant": golden("iio")["optional_request_header"]}
    openai = provider("openai")["headers"]
    assert openai["response"] == golden("openai")["response_headers"]
    assert list(openai["request"].values()) == golden("openai")["request_headers"]


def test_openais_words_for_the_cap_the_roles_and_the_parts_are_the_documents() -> None:
    said, chat = golden("openai"), provider("openai")["requests"]["chat"]
    assert chat["token_cap"] == said["token_cap"]
    assert chat["roles"] == said["roles"]
    assert chat["content_parts"] == said["content_parts"]
    inputs = provider("openai")["requests"]["embeddings"]["fields"]["input"]
    assert inputs["max_items"] == said["embedding_inputs_at_most"]


def test_iio_caps_tokens_by_max_tokens() -> None:
    assert provider("iio")["requests"]["chat"]["token_cap"] == "max_tokens"
    assert "max_tokens" in golden("iio")["chat_parameters"]
