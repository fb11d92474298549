"""The list of models: its place, its entries, and retrieval by id."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from wireproof.contract.schemas import SchemaSet
from wireproof.mock.endpoints.models import price_per_token

NAMES = ["openai", "iio", "io-intelligence", "iotex", "aion", "aiorouter"]


def listed(providers, name, answer):
    return answer[providers[name]["model_list"]["items"].removeprefix("/")]


@pytest.mark.parametrize("name", NAMES)
def test_the_list_matches_the_schema_of_the_contract(client, name):
    answer = client(name).get("/models").json()
    assert SchemaSet(name).shape("models.response").findings(answer) == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_list_shows_the_catalogue_with_the_declared_members(client, providers, name):
    entries = listed(providers, name, client(name).get("/models").json())
    assert [one["id"] for one in entries] == [one["id"] for one in providers[name]["models"]["catalogue"]]
    assert {tuple(one) for one in entries} == {tuple(providers[name]["model_list"]["members"])}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "aion"])
@pytest.mark.parametrize("form", [str, lambda name: quote(name, safe="")], ids=["raw", "encoded"])
def test_every_entry_is_found_by_an_id_with_slashes(client, providers, name, form):
    opened = client(name)
    for entry in listed(providers, name, opened.get("/models").json()):
        answer = opened.get(f"/models/{form(entry['id'])}")
        assert (answer.status_code, answer.json()) == (200, entry)


def test_a_missing_owner_is_the_prefix_of_the_id(client, providers):
    entries = client("io-intelligence").get("/models").json()["data"]
    owners = {one["id"]: one["owned_by"] for one in entries}
    assert owners["microsoft/phi-4"] == "microsoft"
    assert owners["meta-llama/Llama-3.3-70B-Instruct"] == "io-intelligence"


def test_a_permission_has_all_its_booleans(client):
    entry = client("io-intelligence").get("/models").json()["data"][0]
    assert (entry["root"], entry["parent"], entry["max_model_len"]) == (None, None, None)
    (permission,) = entry["permission"]
    assert permission["object"] == "model_permission"
    assert len([value for value in permission.values() if isinstance(value, bool)]) == 7


def test_prices_are_decimals_of_one_token(client):
    first, second = client("aion").get("/models").json()["models"]
    assert first["pricing"] == {"prompt": "0.0000008", "completion": "0.0000016", "input_cache_read": "0.0000002"}
    assert second["pricing"] == {"prompt": "0.000004", "completion": "0.000008"}
    assert first["architecture"] == {"modality": "text->text"}
    assert "object" not in client("aion").get("/models").json()


def test_prices_are_printed_without_exponent():
    assert [price_per_token(price) for price in (0, 1_000_000, 0.02)] == ["0", "1", "0.00000002"]
