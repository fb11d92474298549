"""Honest refusals, by status, body and state of the connection, and by what their words name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wireproof.contract import loading
from wireproof.evidence.exchange import BodyRead, Exchange, Request, TransportFailure
from wireproof.judging.honest_refusal import is_honest_refusal

CUT = TransportFailure("closed", "the peer left")
OPENAI = loading.load_providers()["openai"]
HELLO = {"role": "user", "content": "Hello"}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
REQUESTS: dict[str, dict[str, Any]] = {
    "tools": {"messages": [HELLO], "tools": [TOOL], "tool_choice": "required", "temperature": 0, "max_tokens": 64},
    "json-object": {"messages": [HELLO], "response_format": {"type": "json_object"}},
    "logprobs": {"messages": [HELLO], "logprobs": True, "top_logprobs": 2},
    "n": {"messages": [HELLO], "n": 2},
    "stop": {"messages": [HELLO], "stop": ["5"]},
    "seed": {"messages": [HELLO], "seed": 7},
    "stream-usage": {"messages": [HELLO], "stream": True, "stream_options": {"include_usage": True}},
    "developer-role": {"messages": [{"role": "developer", "content": "Be brief"}, HELLO]},
    "image-input": {
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]}
        ]
    },
    "audio-input": {
        "messages": [
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]}
        ]
    },
    "content-parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},
    "max-completion-tokens": {"messages": [HELLO], "max_completion_tokens": 5},
}


def refusal(
    status: int | None,
    body: bytes,
    *,
    endpoint: str = "chat",
    request: Any = None,
    broken: TransportFailure | None = None,
) -> Exchange:
    sent = Request("POST", "http://h/", (), json.dumps({"model": "m", **(request or {})}).encode())
    return Exchange("t", "c", endpoint, 0, sent, status=status, reads=(BodyRead(0, body),), broken=broken)


def said(message: str, **members: Any) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", **members}}).encode()


@pytest.mark.parametrize(
    ("endpoint", "status", "body", "broken", "honest"),
    [
        pytest.param("embeddings", 404, b"", None, True, id="no-such-endpoint"),
        pytest.param("embeddings", 404, b"", CUT, False, id="no-such-endpoint-and-cut"),
        pytest.param(
            "embeddings", 400, said("This model does not support embeddings"), None, True, id="of-the-endpoint"
        ),
        pytest.param("embeddings", 400, said("No."), None, False, id="of-the-endpoint-without-a-word-of-it"),
        pytest.param("chat", 404, said("not found"), None, False, id="a-promised-endpoint-is-not-found"),
        pytest.param(
            "chat", 404, said("No endpoints found that support tool use"), None, True, id="not-found-for-tools"
        ),
        pytest.param("chat", 501, said("tools are not implemented"), None, True, id="not-implemented"),
        pytest.param("chat", None, b"", CUT, False, id="no-answer"),
        pytest.param("chat", 400, said("no tools"), None, True, id="with-json"),
        pytest.param("chat", 400, said("no tools"), CUT, False, id="with-json-and-cut"),
        pytest.param("chat", 400, b'["no tools"]', None, False, id="with-a-list"),
        pytest.param("chat", 400, b"<html>tools", None, False, id="with-html"),
        pytest.param("chat", 401, said("no tools"), None, False, id="for-the-key"),
        pytest.param("chat", 500, said("no tools"), None, False, id="failed"),
    ],
)
def test_what_is_an_honest_refusal(
    endpoint: str, status: int | None, body: bytes, broken: TransportFailure | None, honest: bool
) -> None:
    request = REQUESTS["tools"] if endpoint == "chat" else {"input": "x"}
    refused = refusal(status, body, endpoint=endpoint, request=request, broken=broken)
    assert is_honest_refusal(refused, ("tools" if endpoint == "chat" else "embeddings",), OPENAI) is honest


@pytest.mark.parametrize(
    ("option", "body"),
    [
        ("tools", said('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set')),
        ("tools", said("tools param requires --jinja flag")),
        ("tools", said("m does not support function calling")),
        ("image-input", said("m does not support image input")),
        ("image-input", said("m is not a multimodal model")),
        ("audio-input", said("audio input is not supported - hint: you may need to provide the mmproj")),
        ("logprobs", said("Unknown parameter: 'logprobs'")),
        ("logprobs", said("Unsupported", param="logprobs")),
        ("logprobs", json.dumps({"detail": [{"loc": ["body", "top_logprobs"], "msg": "Extra inputs"}]}).encode()),
        ("n", said("Only one completion choice is allowed (n must be 1)")),
        ("stop", said("m does not take stop sequences")),
        ("seed", said("Extra inputs are not permitted")),
        ("stream-usage", said("Unrecognized request argument supplied: stream_options")),
        ("json-object", said("This response_format type is unavailable now")),
        ("json-object", said("Structured outputs are not supported by this backend")),
        ("developer-role", said("Unexpected message role.")),
        ("content-parts", json.dumps({"detail": [{"loc": ["body", "messages", 0, "content"], "msg": "x"}]}).encode()),
        ("max-completion-tokens", said("unknown field", param="max_completion_tokens")),
    ],
)
def test_a_refusal_that_names_the_option_is_honest(option: str, body: bytes) -> None:
    assert is_honest_refusal(refusal(400, body, request=REQUESTS[option]), (option,), OPENAI)


@pytest.mark.parametrize(
    ("option", "body"),
    [
        ("tools", said("No.")),
        ("tools", said("Unsupported parameter: temperature", param="temperature")),
        ("tools", said("max_tokens must be at least 100")),
        ("json-object", said("messages: field required")),
        ("json-object", json.dumps({"detail": [{"loc": ["body"], "input": {"response_format": {}}}]}).encode()),
        ("logprobs", said("Invalid request")),
        ("seed", said("Extra inputs are not permitted", param="temperature")),
        ("developer-role", said("The model is loading")),
        ("content-parts", said("Internal error")),
    ],
)
def test_a_refusal_that_names_something_else_is_no_honest_one(option: str, body: bytes) -> None:
    assert not is_honest_refusal(refusal(400, body, request=REQUESTS[option]), (option,), OPENAI)
