"""Every cause of refusal, with the status, code and envelope of each profile."""

from __future__ import annotations

import pytest

from wireproof.mock.provider.profile import Profile
from wireproof.mock.provider.refusals import find_refusal_row

CHAT = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(name="post", params=["openai", "iio"])
def _post(request, client, providers):
    """Sends a changed chat request, and compares the refusal with the row of the profile."""

    def send(cause, body=None, *, tier=None, **given):
        provider = providers[request.param]
        opened = client(request.param, tier)
        whole = {"model": provider["models"]["chat"], **CHAT, **(body or {})}
        whole = {name: value for name, value in whole.items() if value is not ...}
        given = given if "content" in given else {"json": whole, **given}
        method, path = given.pop("method", "POST"), given.pop("path", "/chat/completions")
        response = opened.request(method, path, **given)
        row = provider["errors"]["refusals"][cause]
        assert response.status_code == row["status"][0]
        error = response.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["code"] == (row.get("code") or [row.get("mock_code")])[0]
        return response

    return send


@pytest.mark.parametrize(
    ("cause", "change", "param"),
    [
        pytest.param("unknown-model", {"model": "no-such-model"}, "model", id="unknown-model"),
        pytest.param("missing-field", {"model": ...}, "model", id="no-model"),
        pytest.param("missing-field", {"messages": ...}, "messages", id="no-messages"),
        pytest.param("out-of-range", {"messages": []}, "messages", id="empty-messages"),
        pytest.param("missing-field", {"messages": [{"content": "x"}]}, "messages[0].role", id="no-role"),
        pytest.param("missing-field", {"messages": [{"role": "user"}]}, "messages[0].content", id="no-content"),
        pytest.param("wrong-type", {"messages": "hi"}, "messages", id="messages-text"),
        pytest.param("wrong-type", {"model": 7}, "model", id="model-number"),
        pytest.param("wrong-type", {"stream": "yes"}, "stream", id="stream-text"),
        pytest.param("wrong-type", {"temperature": "hot"}, "temperature", id="temperature-text"),
        pytest.param("out-of-range", {"temperature": 2.1}, "temperature", id="too-hot"),
        pytest.param("out-of-range", {"temperature": -0.1}, "temperature", id="too-cold"),
        pytest.param("out-of-range", {"max_tokens": -1}, "max_tokens", id="cap-negative"),
        pytest.param("wrong-type", {"max_tokens": 8.5}, "max_tokens", id="cap-fraction"),
        pytest.param("out-of-range", {"stop": ["a"] * 5}, "stop", id="five-stops"),
    ],
)
def test_an_invalid_field_is_named_in_the_refusal(post, cause, change, param):
    assert post(cause, change).json()["error"]["param"] == param


def test_a_bad_stream_request_is_refused_in_plain_json(post):
    response = post("out-of-range", {"stream": True, "temperature": 9})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("raw", [b'{"model":', b"[]", b"", b'{"n": NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(post, raw):
    post("malformed-json", content=raw, headers={"Content-Type": "application/json"})


def test_a_body_of_another_type_is_refused(post):
    post("malformed-json", content=b"model=x", headers={"Content-Type": "application/x-www-form-urlencoded"})


@pytest.mark.parametrize(
    ("cause", "headers"),
    [
        pytest.param("missing-key", {"Authorization": ""}, id="empty"),
        pytest.param("missing-key", {"Authorization": "Basic c2s6"}, id="other-scheme"),
        pytest.param("bad-key", {"Authorization": "Bearer sk-or-other"}, id="unknown"),
        pytest.param("bad-key", {"Authorization": "Bearer iio-dev-mock-platinum"}, id="unknown-tier"),
    ],
)
def test_an_unknown_key_is_refused_with_the_lowest_limit(post, cause, headers):
    response = post(cause, headers=headers)
    assert int(next(value for name, value in response.headers.items() if name.startswith("x-ratelimit-limit"))) <= 10


def test_unknown_paths_and_wrong_methods_are_refused(post):
    post("unknown-path", path="/does-not-exist", method="GET", content=b"")
    assert "POST" in post("wrong-method", method="PUT", content=b"").headers["allow"]


def test_the_scheme_is_case_insensitive(client, server):
    with client("iio") as opened:
        key = opened.headers["authorization"].split()[1]
        assert opened.get("/models", headers={"Authorization": f"bEARER {key}"}).status_code == 200


def test_an_embedding_model_does_not_chat(client):
    with client("iio") as opened:
        response = opened.post("/chat/completions", json={"model": "nomic-embed-text", **CHAT})
    assert response.status_code == 422


def test_unknown_fields_are_ignored_if_the_profile_ignores_them(client):
    with client("iio") as opened:
        response = opened.post("/chat/completions", json={"model": "qwen2.5:7b", **CHAT, "nonsense": 1})
    assert response.status_code == 200


def test_a_large_body_is_refused_and_the_connection_stays_open(client, providers):
    opened = client("openai")
    body = {"model": providers["openai"]["models"]["chat"], **CHAT}
    large = opened.post("/chat/completions", content=b"{}" + b" " * 11_000_000)
    assert (large.status_code, large.json()["error"]["type"]) == (413, "invalid_request_error")
    assert "connection" not in large.headers
    assert opened.post("/chat/completions", json=body).status_code == 200


def test_deeply_nested_json_is_refused(client):
    deep = b'{"model": "m", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = client("openai").post("/chat/completions", content=deep)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_refused_key_gets_the_accepted_schemes(client):
    refused = client("aion").get("/models/x", headers={"Authorization": "Bearer nobodys"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer, Api-Key")


def test_a_path_outside_every_profile_is_not_found(client, server):
    with client("iio") as opened:
        response = opened.get(server.root_url() + "/nowhere")
    assert response.status_code == 404
    assert response.json()["error"]["message"]


def test_the_typed_envelope_holds_a_message_and_a_type(client):
    body = {"model": "aion-labs/aion-2.0", **CHAT}
    with client("aion") as opened:
        for given, kind in [
            ({"json": {**body, "temperature": "hot"}}, "invalid_request_error"),
            ({"json": body, "headers": {"X-Wireproof-Cell": "failing"}}, "provider_error"),
            ({"json": body, "headers": {"Authorization": ""}}, "authentication_error"),
        ]:
            error = opened.post("/chat/completions", **given).json()
            assert error.keys() == {"error"}
            assert error["error"].keys() == {"message", "type"}
            assert error["error"]["type"] == kind


@pytest.mark.parametrize(
    ("state", "provider", "status"),
    [
        pytest.param("down", "aion", 503, id="down"),
        pytest.param("failing", "aion", 502, id="failing"),
        pytest.param("misconfigured", "aion", 400, id="misconfigured"),
        pytest.param("crashed", "aiorouter", 500, id="crashed"),
        pytest.param("crashed", "openai", 500, id="crashed-without-a-row"),
        pytest.param("failing", "iio", 502, id="failing-without-a-row"),
        pytest.param("unheard-of", "iio", 200, id="no-such-state"),
    ],
)
def test_a_failed_cell_has_the_status_of_its_cause(client, providers, state, provider, status):
    body = {"model": providers[provider]["models"]["chat"], **CHAT}
    trouble = {"X-Wireproof-Cell": state}
    opened = client(provider)
    assert opened.post("/chat/completions", json=body, headers=trouble).status_code == status
    assert opened.get("/models", headers=trouble).status_code == 200


def test_an_unknown_key_is_refused_before_a_failed_cell(client):
    trouble = {"X-Wireproof-Cell": "crashed", "Authorization": "Bearer nobody"}
    assert client("aiorouter").post("/chat/completions", json=CHAT, headers=trouble).status_code == 401


def test_a_form_is_refused_if_the_provider_has_that_cause(client):
    answer = client("aiorouter").post("/chat/completions", data={"model": "deepseek-v4-pro"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("cause", "nearest"),
    [
        ("wrong-model-kind", "unknown-model"),
        ("context-exceeded", "out-of-range"),
        ("unreadable-file", "out-of-range"),
        ("wrong-content-type", "malformed-json"),
    ],
)
def test_a_cause_without_a_row_uses_the_nearest_cause(providers, cause, nearest):
    profile = Profile.from_mapping("aion", providers["aion"])
    assert cause not in profile.refusals
    assert find_refusal_row(profile, cause) == profile.refusals[nearest]
