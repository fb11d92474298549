"""Limits, tiers, the clock, cells, and the control of them."""

from __future__ import annotations

import pytest

from wireproof.mock.server import serving

CHAT = {"model": "qwen2.5:7b", "messages": [{"role": "user", "content": "hi"}]}


def test_exactly_the_limit_is_admitted(client):
    opened = client("iio", "free")
    answers = [opened.get("/models") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert [int(answer.headers["x-ratelimit-remaining"]) for answer in answers] == [*range(9, -1, -1), 0]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"10"}


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


def test_a_used_up_month_is_not_cured_by_a_minute_but_by_a_month(client):
    opened = client("iio", "free-exhausted")
    assert opened.post("/chat/completions", json=CHAT).json()["error"]["code"] == "tier_exceeded"
    later = {"X-Wireproof-Clock": "61"}
    assert opened.post("/chat/completions", json=CHAT, headers=later).status_code == 403
    assert opened.get("/health").status_code == 200
    next_month = {"X-Wireproof-Clock": str(32 * 86_400)}
    assert opened.post("/chat/completions", json=CHAT, headers=next_month).status_code == 200


def test_a_tier_sees_and_uses_its_own_models(client):
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
    assert int(headers["x-ratelimit-limit-tokens"]) > int(headers["x-ratelimit-remaining-tokens"])


def test_a_down_cell_shows_in_chat_and_health(client):
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
    with serving(providers, control=True) as server:
        yield server


def test_control_changes_the_whole_server(own, client):
    opened, control = client("iio"), own.root() + "/_wireproof/control"
    url = own.base_url("iio")
    assert opened.post(control, json={"cells": {"iio": 2}}).json()["cells"] == {"iio": 2}
    assert opened.get(url + "/health").json()["cells"] == 2
    opened.post(control, json={"cells": {"iio": 0}})
    assert opened.post(url + "/chat/completions", json=CHAT).status_code == 503
    assert opened.post(own.root() + "/_wireproof/reset").json()["cells"] == {}
    assert opened.post(url + "/chat/completions", json=CHAT).status_code == 200


def test_the_clock_of_the_server_goes_as_far_as_it_is_moved(own, client):
    opened, control = client("iio", "free"), own.root() + "/_wireproof/control"
    url = own.base_url("iio") + "/models"
    assert [opened.get(url).status_code for _ in range(11)][-1] == 429
    assert opened.post(control, json={"clock": {"advance": 40}}).json()["clock"] == {"ahead": 40.0}
    assert opened.get(url).status_code == 429
    assert opened.post(control, json={"clock": {"advance": 21}}).json()["clock"] == {"ahead": 61.0}
    assert opened.get(url).status_code == 200


@pytest.mark.parametrize("body", [{"cells": 3}, {"fault": "no-such-fault"}, {"nonsense": 1}])
def test_control_refuses_what_it_does_not_know(own, client, body):
    assert client("iio").post(own.root() + "/_wireproof/control", json=body).status_code == 400


def test_control_is_off_unless_asked_for(providers, client):
    opened = client("iio")
    with serving(providers) as server:
        assert opened.get(server.root() + "/_wireproof/control").status_code == 404
        down = {"X-Wireproof-Cell": "down", "X-Wireproof-Fault": "no-such-fault"}
        assert opened.post(server.base_url("iio") + "/chat/completions", json=CHAT, headers=down).status_code == 200
