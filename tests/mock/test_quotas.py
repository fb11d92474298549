"""Tokens of a day, credits of a key, and tenants."""

from __future__ import annotations

import copy

import httpx
import pytest

from wireproof.mock.server import serve_in_thread

NEXT_DAY = {"X-Wireproof-Clock": "90000"}
FIRST, SECOND = "meta-llama/Llama-3.3-70B-Instruct", "microsoft/phi-4"
EMBEDDER = "mixedbread-ai/mxbai-embed-large-v1"


def chat(model=FIRST, **members):
    return {"model": model, "messages": [{"role": "user", "content": "Say exactly: ok"}], **members}


@pytest.fixture(name="tight")
def _tight(providers):
    """Opens clients of a server on which one answer uses up a model, or a key."""
    changed = copy.deepcopy(providers["io-intelligence"])
    for model in changed["models"]["catalogue"]:
        model["tokens_per_day"] = dict.fromkeys(model["tokens_per_day"], 5)
    bought = copy.deepcopy(providers["aiorouter"])
    bought["rate"]["tiers"]["developer"]["credits"] = 5
    with serve_in_thread({"io-intelligence": changed, "aiorouter": bought}, control=True) as server:

        def open_client(provider="io-intelligence", tier=None, account="a"):
            key = {"Authorization": f"Bearer {server.key(provider, tier)}.{account}"}
            return httpx.Client(base_url=server.base_url(provider), headers=key)

        yield open_client


def code(response):
    return response.status_code, response.json().get("error", {}).get("code")


USED_UP = (429, "insufficient_quota")


@pytest.mark.parametrize("members", [{}, {"stream": True}], ids=["whole", "stream"])
def test_tokens_are_counted_until_the_day_is_used_up(tight, members):
    with tight() as opened:
        assert opened.post("/chat/completions", json=chat(**members)).status_code == 200
        assert code(opened.post("/chat/completions", json=chat(**members))) == USED_UP


def test_a_day_is_used_up_for_one_model_of_one_account(tight):
    with tight() as opened, tight(account="b") as other:
        opened.post("/chat/completions", json=chat())
        assert code(opened.post("/chat/completions", json=chat())) == USED_UP
        assert opened.post("/chat/completions", json=chat(SECOND)).status_code == 200
        assert other.post("/chat/completions", json=chat()).status_code == 200


def test_two_keys_of_one_account_use_up_the_same_tokens(tight):
    key = "Bearer io-mock-free{}.c"
    with tight() as opened:
        first, second = ({"Authorization": key.format(mark)} for mark in ("", "-second"))
        assert opened.post("/chat/completions", json=chat(), headers=first).status_code == 200
        assert code(opened.post("/chat/completions", json=chat(), headers=second)) == USED_UP
        assert opened.post("/chat/completions", json=chat(SECOND), headers=second).status_code == 200


def test_a_new_day_has_tokens_again(tight):
    with tight() as opened:
        opened.post("/chat/completions", json=chat())
        assert code(opened.post("/chat/completions", json=chat())) == USED_UP
        assert opened.post("/chat/completions", json=chat(), headers=NEXT_DAY).status_code == 200
        assert code(opened.post("/chat/completions", json=chat(), headers=NEXT_DAY)) == USED_UP


def test_embeddings_have_a_quota_of_their_own(tight):
    with tight() as opened:
        asked = {"model": EMBEDDER, "input": "one two three four five six"}
        assert opened.post("/embeddings", json=asked).status_code == 200
        assert code(opened.post("/embeddings", json=asked)) == USED_UP


def test_refused_requests_use_no_tokens(tight):
    with tight() as opened:
        for _ in range(3):
            assert opened.post("/chat/completions", json=chat(temperature=9)).status_code == 400
        assert opened.post("/chat/completions", json=chat()).status_code == 200


def test_an_exhausted_key_has_used_up_every_model_until_the_next_day(client):
    opened = client("io-intelligence", "free-exhausted")
    for model in (FIRST, SECOND):
        assert code(opened.post("/chat/completions", json=chat(model))) == USED_UP
    assert code(opened.post("/embeddings", json={"model": EMBEDDER, "input": "a"})) == USED_UP
    assert opened.get("/models").status_code == 200
    assert opened.post("/chat/completions", json=chat(), headers=NEXT_DAY).status_code == 200


def test_a_spent_key_has_used_up_its_first_model_only(client):
    opened = client("io-intelligence", "free-spent")
    for model, status in ((FIRST, 429), (SECOND, 200), (FIRST, 429)):
        assert opened.post("/chat/completions", json=chat(model)).status_code == status
    assert opened.post("/chat/completions", json=chat(), headers=NEXT_DAY).status_code == 200


def test_an_ordinary_key_has_the_tokens_of_the_contract(client):
    opened = client("io-intelligence")
    assert [opened.post("/chat/completions", json=chat()).status_code for _ in range(3)] == [200] * 3


def test_credits_are_used_up_for_good(tight):
    body = {"model": "deepseek-v4-pro", "messages": [{"role": "user", "content": "Say exactly: ok"}]}
    with tight("aiorouter") as opened:
        assert opened.post("/chat/completions", json=body).status_code == 200
        assert code(opened.post("/chat/completions", json={**body, "model": "qwen3-235b"})) == (
            402,
            "insufficient_quota",
        )
        assert opened.post("/chat/completions", json=body, headers=NEXT_DAY).status_code == 402
        assert opened.get("/models").status_code == 200


def test_an_exhausted_key_has_no_credits(tight):
    body = {"model": "deepseek-v4-pro", "messages": [{"role": "user", "content": "hi"}]}
    with tight("aiorouter", "developer-exhausted") as opened:
        assert opened.post("/chat/completions", json=body, headers=NEXT_DAY).status_code == 402


def test_each_tenant_of_a_key_is_an_account(client):
    opened = client("iio", "free")
    for _ in range(10):
        opened.get("/models", headers={"X-IIO-Tenant": "one"})
    assert opened.get("/models", headers={"X-IIO-Tenant": "one"}).status_code == 429
    assert opened.get("/models", headers={"X-IIO-Tenant": "two"}).headers["x-ratelimit-remaining"] == "9"
    assert opened.get("/models").headers["x-ratelimit-remaining"] == "9"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        pytest.param("/chat/completions", {**chat("nvidia/AceMath-7B-Instruct"), "max_tokens": 4000}, id="cap"),
        pytest.param("/embeddings", {"model": EMBEDDER, "input": "word " * 600}, id="input"),
    ],
)
def test_tokens_beyond_the_context_are_refused(client, path, asked):
    assert code(client("io-intelligence").post(path, json=asked)) == (400, "context_length_exceeded")


def test_the_context_is_exact(client, providers):
    opened, asked = client("io-intelligence"), chat("nvidia/AceMath-7B-Instruct")
    rows = providers["io-intelligence"]["models"]["catalogue"]
    context = next(row["context"] for row in rows if row["id"] == asked["model"])
    prompt = opened.post("/chat/completions", json=asked).json()["usage"]["prompt_tokens"]
    whole, beyond = (
        opened.post("/chat/completions", json={**asked, "max_tokens": context - prompt + more}) for more in (0, 1)
    )
    assert whole.status_code == 200
    assert code(beyond) == (400, "context_length_exceeded")


def test_tokens_beyond_the_context_are_served_without_a_refusal_row(client):
    asked = {"model": "text-embedding-3-small", "input": "word " * 9000}
    assert client("openai").post("/embeddings", json=asked).status_code == 200
