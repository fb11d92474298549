"""The headers of every response: request id, version, provider, automated decision."""

from __future__ import annotations

import json

import pytest

CHAT = {"model": "deepseek-v4-pro", "messages": [{"role": "user", "content": "hi"}]}
OUTCOMES = [
    pytest.param("POST", "/chat/completions", {"json": CHAT}, 200, id="answer"),
    pytest.param("POST", "/chat/completions", {"json": {**CHAT, "stream": True}}, 200, id="stream"),
    pytest.param("POST", "/chat/completions", {"json": {**CHAT, "temperature": 9}}, 400, id="refusal"),
    pytest.param("POST", "/chat/completions", {"json": CHAT, "headers": {"Authorization": ""}}, 401, id="no-key"),
    pytest.param("POST", "/chat/completions", {"content": b"x" * 11_000_000}, 413, id="too-large"),
    pytest.param(
        "POST", "/chat/completions", {"json": CHAT, "headers": {"X-Wireproof-Cell": "crashed"}}, 500, id="500"
    ),
    pytest.param("GET", "/models", {}, 200, id="models"),
    pytest.param("GET", "/models/no-such-model", {}, 404, id="no-model"),
    pytest.param("GET", "/nowhere", {}, 404, id="no-path"),
    pytest.param("PUT", "/models", {}, 405, id="no-method"),
    pytest.param("OPTIONS", "/models", {}, 204, id="preflight"),
]


@pytest.mark.parametrize(("method", "path", "given", "status"), OUTCOMES)
def test_every_response_has_the_standing_headers(client, method, path, given, status):
    sent = {"X-Request-Id": "mine-7", "API-Version": "2025-12-31", **given.get("headers", {})}
    response = client("aiorouter").request(method, path, **{**given, "headers": sent})
    assert response.status_code == status
    assert response.headers["x-request-id"] == "mine-7"
    assert response.headers["api-version"] == "2025-12-31"
    assert response.headers["x-automated-decision"] == "true"
    assert response.headers["x-provider"]


def test_a_request_without_id_gets_one(client):
    opened = client("aiorouter")
    ids = {opened.get("/models").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(one.startswith("req_") for one in ids)


def test_an_id_is_echoed_only_by_providers_that_accept_one(client):
    answer = client("openai").get("/models", headers={"X-Request-Id": "mine-7", "X-Client-Request-Id": "mine-8"})
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("asked", [{}, {"API-Version": "banana"}, {"API-Version": "2026-13-01"}])
def test_an_invalid_version_gets_the_default(client, asked):
    assert client("aiorouter").get("/models", headers=asked).headers["api-version"] == "2026-06-01"


@pytest.mark.parametrize(
    ("method", "path", "body", "owner"),
    [
        pytest.param("POST", "/chat/completions", CHAT, "deepseek", id="owned"),
        pytest.param("POST", "/chat/completions", {**CHAT, "model": "qwen3-235b"}, "aiorouter", id="owned-by-nobody"),
        pytest.param("POST", "/chat/completions", {**CHAT, "model": "no-such-model"}, "aiorouter", id="unknown"),
        pytest.param("GET", "/models/deepseek-v4-pro", None, "deepseek", id="retrieved"),
        pytest.param("GET", "/models", None, "aiorouter", id="none"),
    ],
)
def test_the_provider_is_the_owner_of_the_model(client, method, path, body, owner):
    assert client("aiorouter").request(method, path, json=body).headers["x-provider"] == owner


@pytest.mark.parametrize("name", ["io-intelligence", "iotex", "aion"])
def test_a_profile_has_no_headers_of_other_profiles(client, providers, name):
    own = {header.lower() for header in providers[name]["headers"]["response"].values()}
    plain = client(name).get("/models", headers={"Accept-Encoding": "identity"})
    assert set(plain.headers) == {"date", "server", "content-type", "content-length", *own}


def test_openai_sends_version_and_processing_time(client):
    headers = client("openai").get("/models").headers
    assert (headers["openai-version"], headers["openai-processing-ms"]) == ("2020-10-01", "7")


def test_another_provider_serves_while_a_cell_is_down(client):
    opened = client("aiorouter")
    usual, now = (
        opened.post("/chat/completions", json=CHAT, headers=headers)
        for headers in ({}, {"X-Wireproof-Cell": "one-down"})
    )
    assert (usual.status_code, now.status_code) == (200, 200)
    assert usual.headers["x-provider"] != now.headers["x-provider"]


@pytest.mark.parametrize(
    ("name", "status"), [pytest.param("aiorouter", 400, id="required"), pytest.param("openai", 200, id="not-named")]
)
def test_a_body_without_content_type_is_refused_if_the_contract_requires_one(client, providers, name, status):
    body = json.dumps({**CHAT, "model": providers[name]["models"]["chat"]}).encode()
    assert client(name).post("/chat/completions", content=body).status_code == status
