"""Every answer of the reference server matches the schema of its contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wireproof.contract import loading
from wireproof.contract.schemas import SchemaSet

EXAMPLES = Path(__file__).parents[1] / "examples"
HELLO = [{"role": "user", "content": "Say exactly: héllo ✓"}]
COUNT = [{"role": "user", "content": "Count from 1 to 30"}]
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather", "parameters": {"type": "object", "properties": {}}},
}
WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]
USAGE = {"stream": True, "stream_options": {"include_usage": True}}
ASKED = [
    *(
        pytest.param("chat", {"messages": messages, **more}, id=name)
        for name, messages, more in [
            ("chat", HELLO, {}),
            ("chat-logprobs", COUNT, {"n": 2, "logprobs": True, "top_logprobs": 2, "max_tokens": 4}),
            ("chat-tools", WEATHER, {"tools": [TOOL]}),
            ("chat-stream", HELLO, {"stream": True}),
            ("chat-stream-usage", COUNT, {**USAGE, "n": 2, "logprobs": True, "max_tokens": 4}),
            ("chat-stream-tools", WEATHER, {**USAGE, "tools": [TOOL]}),
            ("chat-refused", HELLO, {"temperature": "hot"}),
        ]
    ),
    pytest.param("completions", {"prompt": "Count to 9", "logprobs": 2}, id="completion"),
    pytest.param("completions", {"prompt": "Count to 9", **USAGE, "logprobs": 1}, id="completion-stream"),
    pytest.param("embeddings", {"input": ["a", "b"]}, id="embeddings"),
    pytest.param("embeddings", {"input": "a", "encoding_format": "base64"}, id="embeddings-base64"),
    pytest.param("responses", {"input": "Count to 99", "max_output_tokens": 16}, id="response-incomplete"),
    pytest.param("responses", {"input": "Count to 9", "stream": True}, id="response-stream"),
    pytest.param(
        "responses",
        {"input": WEATHER, "tools": [{"type": "function", "strict": True, **TOOL["function"]}], "stream": True},
        id="response-stream-tools",
    ),
    *(
        pytest.param(f"{endpoint} {role}", {**said, **more}, id=f"{endpoint}-{role}{name}")
        for endpoint, role, said in [
            ("chat", "reasoning", {"messages": HELLO}),
            ("chat", "image", {"messages": HELLO}),
            ("responses", "reasoning", {"input": "Count to 9"}),
        ]
        for name, more in [("", {}), ("-stream", {"stream": True})]
    ),
    pytest.param("images", {"prompt": "A cat", "n": 2}, id="images"),
    pytest.param("images", {"prompt": "A cat", "response_format": "b64_json"}, id="images-b64"),
    pytest.param("transcriptions", {}, id="transcription"),
    pytest.param("transcriptions", {"response_format": "verbose_json"}, id="transcription-verbose"),
    pytest.param("transcriptions", {"response_format": "diarized_json"}, id="transcription-by-speaker"),
    pytest.param("models", None, id="models"),
    pytest.param("model", None, id="model"),
    pytest.param("health", None, id="health"),
]


ROLES = {"images": "image", "transcriptions": "audio", "responses": "chat", "embeddings": "embeddings"}


def supported_requests():
    """Yields each request to each profile that has the endpoint, and the role of the model."""
    for name, entry in loading.read_providers_data().items():
        for case in ASKED:
            endpoint, _, role = case.values[0].partition(" ")
            if endpoint in entry["endpoints"] and (not role or role in chat_roles(entry)):
                yield pytest.param(name, *case.values, id=f"{name}-{case.id}")


def chat_roles(entry):
    """The roles of the models of a profile that also serve chats."""
    chat_models = {row["id"] for row in entry["models"]["catalogue"] if "chat" in row["roles"]}
    return [role for role, model in entry["models"].items() if role != "catalogue" and model in chat_models]


@pytest.mark.parametrize(("provider", "what", "body"), [*supported_requests()])
def test_every_value_matches_its_schema(client, providers, provider, what, body):
    endpoint, _, role = what.partition(" ")
    entry = providers[provider]
    wanted = role or ROLES.get(endpoint, endpoint)
    path = entry["endpoints"][endpoint]["path"].format(model=entry["models"]["chat"])
    model = entry["models"].get(wanted, entry["models"]["chat"])
    response = answer_to(client(provider), path, endpoint, model, body)
    shapes = SchemaSet(provider)
    for name, value in values(endpoint, response):
        shape = shapes.shape(name)
        assert shape is None or shape.findings(value) == (), name


def answer_to(opened, path, endpoint, model, body):
    """Returns the answer to a request without a body, with a form or with JSON."""
    if body is None:
        return opened.get(path)
    if endpoint == "transcriptions":
        return opened.post(path, data={"model": model, **body}, files={"file": ("a.flac", b"fLaC")})
    return opened.post(path, json={"model": model, **body})


def values(endpoint, response):
    """Yields each JSON value of an answer with the name of its schema."""
    if response.status_code >= 400:
        yield "error", response.json()
    elif not response.headers["content-type"].startswith("text/event-stream"):
        yield f"{endpoint}.response", response.json()
    else:
        kind = "event" if endpoint == "responses" else "chunk"
        for line in response.text.splitlines():
            if line.startswith("data: {"):
                yield f"{endpoint}.{kind}", json.loads(line.removeprefix("data: "))


def member_places(value, at=""):
    """Yields the place of every member of a value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}/{name}"
            yield from member_places(inner, f"{at}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from member_places(inner, f"{at}/*")


@pytest.mark.parametrize(
    ("provider", "example", "endpoint", "role", "asked"),
    [
        pytest.param("aion", "chat", "chat", "chat", {"messages": HELLO}, id="aion-chat"),
        pytest.param("aion", "chat-reasoning", "chat", "reasoning", {"messages": HELLO}, id="aion-reasoning"),
        pytest.param("aion", "responses", "responses", "chat", {"input": "Hello"}, id="aion-response"),
        pytest.param("aion", "responses-reasoning", "responses", "reasoning", {"input": "Hello"}, id="aion-thought"),
        pytest.param("aiorouter", "chat", "chat", "chat", {"messages": HELLO}, id="aiorouter-chat"),
        pytest.param("io-intelligence", "chat", "chat", "chat", {"messages": HELLO}, id="io-intelligence-chat"),
        pytest.param("iotex", "chat", "chat", "chat", {"messages": HELLO}, id="iotex-chat"),
        pytest.param("iotex", "images", "images", "image", {"prompt": "A cat"}, id="iotex-images"),
        pytest.param("iotex", "transcriptions", "transcriptions", "audio", {}, id="iotex-transcription"),
    ],
)
def test_an_answer_has_the_members_of_the_documented_example(
    client, providers, provider, example, endpoint, role, asked
):
    entry = providers[provider]
    answer = answer_to(client(provider), entry["endpoints"][endpoint]["path"], endpoint, entry["models"][role], asked)
    printed = json.loads((EXAMPLES / provider / f"{example}.response.json").read_text())["instance"]
    assert set(member_places(answer.json())) == set(member_places(printed))
