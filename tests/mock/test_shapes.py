"""Every answer of the reference server has the shape its contract describes."""

from __future__ import annotations

import json

import pytest

from wireproof.contract import SchemaSet

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
            ("chat-refused", HELLO, {"temperature": 9}),
        ]
    ),
    pytest.param("completions", {"prompt": "Count to 9", "logprobs": 2}, id="completion"),
    pytest.param("completions", {"prompt": "Count to 9", **USAGE, "logprobs": 1}, id="completion-stream"),
    pytest.param("embeddings", {"input": ["a", "b"]}, id="embeddings"),
    pytest.param("embeddings", {"input": "a", "encoding_format": "base64"}, id="embeddings-base64"),
    pytest.param("responses", {"input": "Count to 9", "max_output_tokens": 4}, id="response-incomplete"),
    pytest.param("responses", {"input": "Count to 9", "stream": True}, id="response-stream"),
    pytest.param(
        "responses",
        {"input": WEATHER, "tools": [{"type": "function", "strict": True, **TOOL["function"]}], "stream": True},
        id="response-stream-tools",
    ),
    pytest.param("models", None, id="models"),
    pytest.param("model", None, id="model"),
    pytest.param("health", None, id="health"),
]


@pytest.mark.parametrize(("endpoint", "body"), ASKED)
@pytest.mark.parametrize("provider", ["openai", "iio"])
def test_every_value_conforms(client, providers, provider, endpoint, body):
    entry = providers[provider]
    if endpoint not in entry["endpoints"]:
        pytest.skip("the profile does not offer this endpoint")
    path = entry["endpoints"][endpoint]["path"].format(model=entry["models"]["chat"])
    model = entry["models"].get(endpoint, entry["models"]["chat"])
    opened = client(provider)
    response = opened.post(path, json={"model": model, **body}) if body else opened.get(path)
    shapes = SchemaSet(provider)
    for name, value in values(endpoint, response):
        shape = shapes.shape(name)
        assert shape is None or shape.findings(value) == (), name


def values(endpoint, response):
    """Each JSON value of an answer with the name of its shape."""
    if response.status_code >= 400:
        yield "error", response.json()
    elif not response.headers["content-type"].startswith("text/event-stream"):
        yield f"{endpoint}.response", response.json()
    else:
        kind = "event" if endpoint == "responses" else "chunk"
        for line in response.text.splitlines():
            if line.startswith("data: {"):
                yield f"{endpoint}.{kind}", json.loads(line.removeprefix("data: "))
