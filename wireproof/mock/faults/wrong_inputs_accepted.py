"""Faults of validation: wrong values are accepted, or valid ones refused."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import accept_as, on_body, on_each_message, on_header, on_path
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile

WRONG_VALUE = 7
DEFAULT_MESSAGES = [{"role": "user", "content": "Say exactly: ok"}]


def model_for_path(profile: Profile, path: str) -> str:
    """Returns the first model of the catalogue that serves the endpoint of a path."""
    role = "chat" if path.endswith("/chat/completions") else path.rpartition("/")[2]
    serving = [model.id for model in profile.catalogue if role in model.roles]
    return (serving or [profile.catalogue[0].id])[0]


def accept_malformed_body(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Replaces a body that is no JSON object by a valid request."""
    try:
        if isinstance(json.loads(received.body), dict):
            return received
    except (ValueError, RecursionError):
        pass
    embeds = received.path.endswith("/embeddings")
    members: JsonObject = {"input": "hi"} if embeds else {"messages": [{"role": "user", "content": "hi"}]}
    body = {"model": model_for_path(profile, received.path), **members}
    return replace(received, body=json.dumps(body).encode())


def accept_any_model(is_wrong: Callable[[Any], bool]) -> FaultHooks:
    """Hooks that replace a wrong model by the first one of the catalogue that serves the endpoint."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        return accept_as("model", is_wrong, model_for_path(profile, received.path)).on_request(received, profile)

    return FaultHooks(on_request=change_request)


def any_scheme_as_bearer(value: str) -> str:
    """Turns a key of any scheme, or of none, into a bearer token."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error):
            rest = base64.b64decode(rest + "==", validate=False).decode("latin-1").rstrip(":")
    return f"Bearer {rest or scheme}"


def any_type_as_json(value: str) -> str:
    """Labels every body as JSON; a form keeps its label, because it cannot be decoded without its boundary."""
    return value if value.startswith("multipart/form-data; boundary=") else "application/json"


def is_not_text(value: Any) -> bool:
    return not isinstance(value, str)


def has_null_content(message: JsonObject) -> bool:
    """True if the content is null, as in an answer with tool calls that is sent back unchanged."""
    return "content" in message and message["content"] is None


def options_as_trace(received: HttpRequest, profile: Profile) -> HttpRequest:
    return replace(received, method="TRACE") if received.method == "OPTIONS" else received


HOOKS: Mapping[str, FaultHooks] = {
    "own-answer-refused": on_each_message(
        lambda message: {**message, "content": WRONG_VALUE} if has_null_content(message) else message
    ),
    "history-without-content-refused": on_each_message(
        lambda message: (
            {**message, "content": WRONG_VALUE} if message.get("tool_calls") and "content" not in message else message
        )
    ),
    "empty-content-refused": on_each_message(
        lambda message: {**message, "content": WRONG_VALUE} if message.get("content") == "" else message
    ),
    "empty-tools-accepted": on_body(
        lambda body: {name: value for name, value in body.items() if (name, value) != ("tools", [])}
    ),
    "empty-values-refused": on_body(
        lambda body: {name: WRONG_VALUE if value is None or value == [] else value for name, value in body.items()}
    ),
    "logprobs-need-top-logprobs": on_body(
        lambda body: (
            {**body, "logprobs": WRONG_VALUE} if body.get("logprobs") is True and "top_logprobs" not in body else body
        )
    ),
    "temperature-zero-refused": accept_as("temperature", lambda value: value == 0 and value is not False, "0"),
    "encoded-id-unknown": on_path(lambda path: f"{path}-" if "%" in path else path),
    "raw-id-unknown": on_path(lambda path: f"{path}-" if ":" in path else path),
    "raw-slash-unknown": on_path(lambda path: f"{path}-" if path.partition("/models/")[2].count("/") else path),
    "preflight-refused": FaultHooks(on_request=options_as_trace),
    "malformed-json-accepted": FaultHooks(on_request=accept_malformed_body),
    "missing-model-accepted": accept_any_model(lambda v: v is None),
    "response-model-invented": accept_any_model(is_not_text),
    "model-number-accepted": accept_any_model(lambda value: value is not None and is_not_text(value)),
    "missing-messages-accepted": accept_as("messages", lambda value: value is None, DEFAULT_MESSAGES),
    "empty-messages-accepted": accept_as("messages", lambda v: v == [], DEFAULT_MESSAGES),
    "messages-text-accepted": accept_as("messages", lambda value: isinstance(value, str), DEFAULT_MESSAGES),
    "missing-role-accepted": on_each_message(lambda message: {"role": "user", **message}),
    "missing-content-accepted": on_each_message(lambda message: {"content": "", **message}),
    "stream-text-accepted": accept_as("stream", lambda value: isinstance(value, str), True),
    "temperature-text-accepted": accept_as("temperature", lambda value: isinstance(value, str), 1),
    "system-number-accepted": accept_as("system", lambda value: isinstance(value, int), "Be plain."),
    "cap-text-accepted": accept_as("max_tokens", lambda v: isinstance(v, str), 8),
    "cap-fraction-accepted": accept_as("max_tokens", lambda value: isinstance(value, float), 8),
    "missing-input-accepted": accept_as("input", lambda value: value is None, "hi"),
    "content-type-ignored": on_header("content-type", any_type_as_json),
    "charset-refused": on_header("content-type", lambda value: "text/plain" if ";" in value else value),
    "scheme-ignored": on_header("authorization", any_scheme_as_bearer),
    "scheme-case-sensitive": on_header("authorization", lambda value: value if value.startswith("Bearer ") else None),
    "outage-hidden": on_header("x-wireproof-cell", lambda v: None),
}
