"""Limits, tiers, the clock, cells, and their control."""

from __future__ import annotations

import pytest

from wireproof.mock.server import serve_in_thread

CHAT = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "hi"}]}


def test_a_window_admits_exactly_its_limit(client):
    opened = client("iio", "free")
    answers = [opened.get("/models") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert [int(answer.headers["x-ratelimit-remaining"]) for answer in answers] == [*range(9, -1, -1), 0]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"10"}


def test_every_endpoint_and_a_stream_count_in_one_window(client):
    opened = client("iio", "pro")
    embed = {"model": "nomic-embed-text", "input": "hi"}
    answers = [
        opened.get("/models"),
        opened.post("/chat/completions", json={**CHAT, "stream": True}),
        opened.post("/chat/completions", json=CHAT),
        opened.post("/embeddings", json=embed),
    ]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["59", "58", "57", "56"]


def test_a_used_up_volume_is_refused_at_every_endpoint_that_uses_it(client):
    iio, aion = client("iio", "pro-exhausted"), client("aion", "standard-exhausted")
    embed = {"model": "nomic-embed-text", "input": "hi"}
    assert iio.post("/embeddings", json=embed).json()["error"]["code"] == "tier_exceeded"
    assert iio.post("/chat/completions", json={**CHAT, "stream": True}).status_code == 403
    response = aion.post("/responses", json={"model": "aion-labs/aion-2.0", "input": "hi"})
    assert (response.status_code, response.json()["error"]["type"]) == (429, "rate_limit_error")


def test_retry_after_is_long_enough(client):
    opened = client("openai", "small")
    limited = [opened.get("/models") for _ in range(4)][-1]
    assert limited.json()["error"]["code"] == "rate_limit_exceeded"
    wait = limited.headers["retry-after"]
    assert opened.get("/models", headers={"X-Wireproof-Clock": wait}).status_code == 200


def test_every_key_has_its_own_window(client):
    first, second = client("iio", "free"), client("iio", "free")
    for _ in range(11):
        first.get("/models")
    assert second.get("/models").headers["x-ratelimit-remaining"] == "9"


def test_each_fault_has_its_own_window(client):
    opened = client("iio", "free")
    for _ in range(11):
        opened.get("/models")
    faulty = opened.get("/models", headers={"X-Wireproof-Fault": "date-missing"})
    assert faulty.headers["x-ratelimit-remaining"] == "9"


def test_a_used_up_month_ends_with_the_month(client):
    opened = client("iio", "free-exhausted")
    assert opened.post("/chat/completions", json=CHAT).json()["error"]["code"] == "tier_exceeded"
    later = {"X-Wireproof-Clock": "61"}
    assert opened.post("/chat/completions", json=CHAT, headers=later).status_code == 403
    assert opened.get("/health").status_code == 200
    next_month = {"X-Wireproof-Clock": str(32 * 86_400)}
    assert opened.post("/chat/completions", json=CHAT, headers=next_month).status_code == 200


def test_a_tier_lists_and_serves_its_own_models_only(client):
    free, pro = client("iio", "free"), client("iio", "pro")
    assert [model["id"] for model in free.get("/models").json()["data"]] == ["qwen2.5:7b"]
    assert len(pro.get("/models").json()["data"]) == 4
    locked = free.post("/chat/completions", json={**CHAT, "model": "qwen2.5:72b"})
    assert (locked.status_code, locked.json()["error"]["code"]) == (422, "invalid_model")


def test_an_unlimited_tier_shows_a_large_limit(client):
    opened = client("iio", "enterprise")
    answers = [opened.get("/models") for _ in range(80)]
    assert {answer.status_code for answer in answers} == {200}
    assert int(answers[-1].headers["x-ratelimit-limit"]) > 100_000


def test_openai_resets_are_durations(client):
    headers = client("openai").get("/models").headers
    assert headers["x-ratelimit-reset-requests"] in ("1m0s", "60s", "59s")
    assert headers["x-ratelimit-reset-tokens"] in ("1m0s", "60s", "59s")


def test_remaining_tokens_fall_by_the_usage_and_reset_after_a_minute(client):
    opened, chat = client("openai"), {**CHAT, "model": "gpt-4.1-mini"}
    answer = opened.post("/chat/completions", json=chat)
    used = answer.json()["usage"]["total_tokens"]
    assert answer.headers["x-ratelimit-limit-tokens"] == "200000"
    assert answer.headers["x-ratelimit-remaining-tokens"] == str(200_000 - used)
    later = opened.get("/models", headers={"X-Wireproof-Clock": "61"})
    assert later.headers["x-ratelimit-remaining-tokens"] == "200000"


def test_used_up_tokens_refuse_a_request(client):
    opened = client("openai", "small")
    long = {"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "word " * 2000}]}
    answers = [opened.post("/chat/completions", json=long) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"]["code"] == "rate_limit_exceeded"
    remaining = [answers[1].headers[f"x-ratelimit-remaining-{what}"] for what in ("requests", "tokens")]
    assert remaining == ["2", "0"]


def test_retry_after_is_given_in_milliseconds_and_in_seconds(client):
    opened = client("openai", "small")
    headers = [opened.get("/models") for _ in range(4)][-1].headers
    in_ms, in_s = int(headers["retry-after-ms"]), int(headers["retry-after"])
    assert in_s - 1 < in_ms / 1000 <= in_s


TIERS = [
    pytest.param("openai", "small", 3, id="openai-small"),
    pytest.param("openai", "standard", 500, id="openai-standard"),
    pytest.param("iio", "free", 10, id="iio-free"),
    pytest.param("iio", "pro", 60, id="iio-pro"),
    pytest.param("aiorouter", "unverified", 10, id="aiorouter-unverified"),
    pytest.param("aiorouter", "developer", 60, id="aiorouter-developer"),
    pytest.param("aiorouter", "business", 300, id="aiorouter-business"),
]


def test_every_limited_tier_is_tested(providers):
    limited = {
        (name, tier): row["per_minute"]
        for name, entry in providers.items()
        for tier, row in entry["rate"]["tiers"].items()
        if row["per_minute"] is not None
    }
    assert {(name, tier): limit for name, tier, limit in (row.values for row in TIERS)} == limited


@pytest.mark.parametrize(
    ("name", "tier"),
    [("iio", "enterprise"), ("io-intelligence", "free"), ("iotex", "standard"), ("aion", "standard")],
)
def test_a_tier_without_limit_admits_more_than_every_limit(client, name, tier):
    opened, most = client(name, tier), max(row.values[2] for row in TIERS)
    assert {opened.get("/models").status_code for _ in range(most + 1)} == {200}


@pytest.mark.parametrize(("name", "tier", "limit"), TIERS)
def test_each_tier_refuses_the_request_after_its_limit(client, name, tier, limit):
    opened = client(name, tier)
    statuses = [opened.get("/models").status_code for _ in range(limit + 1)]
    assert statuses[limit - 1 :] == [200, 429]
    assert statuses.count(200) == limit


LASTS = [
    pytest.param("openai", "standard", 429, "insufficient_quota", id="openai"),
    pytest.param("iio", "free", 403, "tier_exceeded", id="iio-free"),
    pytest.param("iio", "pro", 403, "tier_exceeded", id="iio-pro"),
    pytest.param("io-intelligence", "free", 429, "insufficient_quota", id="io-intelligence"),
    pytest.param("aiorouter", "developer", 402, "insufficient_quota", id="aiorouter"),
]


@pytest.mark.parametrize(("name", "tier", "status", "code"), LASTS)
def test_the_last_request_of_a_volume_is_served_and_the_next_refused(client, providers, name, tier, status, code):
    opened = client(name, f"{tier}-last")
    model = "qwen2.5:7b" if tier == "free" and name == "iio" else providers[name]["models"]["chat"]
    answers = [opened.post("/chat/completions", json={**CHAT, "model": model}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, status]
    assert answers[1].json()["error"]["code"] == code


REFUSALS = [
    pytest.param("iio", "missing-key", 401, "auth_required", id="iio-401"),
    pytest.param("iio", "quota-exhausted", 403, "tier_exceeded", id="iio-403"),
    pytest.param("iio", "tier-locked-model", 422, "invalid_model", id="iio-422"),
    pytest.param("iio", "rate-limited", 429, "rate_limited", id="iio-429"),
    pytest.param("aiorouter", "missing-key", 401, "authentication_error", id="aiorouter-401"),
    pytest.param("aiorouter", "quota-exhausted", 402, "insufficient_quota", id="aiorouter-402"),
    pytest.param("aiorouter", "rate-limited", 429, "rate_limit_exceeded", id="aiorouter-429"),
    pytest.param("openai", "quota-exhausted", 429, "insufficient_quota", id="openai-quota"),
    pytest.param("openai", "rate-limited", 429, "rate_limit_exceeded", id="openai-rush"),
]


def refused_for(name, cause, client, providers):
    """Returns the answer to a request that is refused for this cause."""
    chat, lowest = {**CHAT, "model": providers[name]["models"]["chat"]}, {"aiorouter": "unverified", "openai": "small"}
    if cause == "rate-limited":
        opened = client(name, lowest.get(name, "free"))
        return [opened.get("/models") for _ in range(11)][-1]
    if cause == "tier-locked-model":
        return client(name, "free").post("/chat/completions", json={**chat, "model": "qwen2.5:72b"})
    used_up = f"{providers[name]['rate']['suite_tier']}-exhausted"
    opened = client(name, used_up if cause == "quota-exhausted" else None)
    without = {"Authorization": ""} if cause == "missing-key" else {}
    return opened.post("/chat/completions", json=chat, headers=without)


@pytest.mark.parametrize(("name", "cause", "status", "code"), REFUSALS)
def test_each_cause_has_the_status_and_code_of_the_contract(client, providers, name, cause, status, code):
    answer = refused_for(name, cause, client, providers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    if cause == "quota-exhausted":
        assert "retry-after" not in answer.headers


def test_a_cell_that_is_down_affects_chat_and_health(client):
    opened, down = client("iio"), {"X-Wireproof-Cell": "down"}
    assert opened.post("/chat/completions", json=CHAT, headers=down).json()["error"]["code"] == "cell_unavailable"
    assert opened.get("/health", headers=down).json() == {
        "status": "degraded",
        "cells": 0,
        "models": 8,
        "latency_ms": 12,
    }
    assert opened.get("/health").json()["status"] == "ok"


def test_request_ids_are_unique(client):
    opened = client("iio")
    assert len({opened.get("/health").headers["x-request-id"] for _ in range(5)}) == 5


@pytest.fixture(name="own")
def _own(providers):
    with serve_in_thread(providers, control=True) as server:
        yield server


def test_control_changes_the_whole_server(own, client):
    opened, control = client("iio"), own.root_url() + "/_wireproof/control"
    url = own.base_url("iio")
    assert opened.post(control, json={"cells": {"iio": 2}}).json()["cells"] == {"iio": 2}
    assert opened.get(url + "/health").json()["cells"] == 2
    opened.post(control, json={"cells": {"iio": 0}})
    assert opened.post(url + "/chat/completions", json=CHAT).status_code == 503
    assert opened.post(own.root_url() + "/_wireproof/reset").json()["cells"] == {}
    assert opened.post(url + "/chat/completions", json=CHAT).status_code == 200


def test_control_advances_the_clock(own, client):
    opened, control = client("iio", "free"), own.root_url() + "/_wireproof/control"
    url = own.base_url("iio") + "/models"
    assert [opened.get(url).status_code for _ in range(11)][-1] == 429
    assert opened.post(control, json={"clock": {"advance": 40}}).json()["clock"] == {"ahead": 40.0}
    assert opened.get(url).status_code == 429
    assert opened.post(control, json={"clock": {"advance": 21}}).json()["clock"] == {"ahead": 61.0}
    assert opened.get(url).status_code == 200


@pytest.mark.parametrize("body", [{"cells": 3}, {"fault": "no-such-fault"}, {"nonsense": 1}])
def test_control_refuses_unknown_members_and_values(own, client, body):
    assert client("iio").post(own.root_url() + "/_wireproof/control", json=body).status_code == 400


def test_control_is_off_by_default(providers, client):
    opened = client("iio")
    with serve_in_thread(providers) as server:
        assert opened.get(server.root_url() + "/_wireproof/control").status_code == 404
        down = {"X-Wireproof-Cell": "down", "X-Wireproof-Fault": "no-such-fault"}
        assert opened.post(server.base_url("iio") + "/chat/completions", json=CHAT, headers=down).status_code == 200
