"""Faults of judgement: something wrong in a request is taken, or something right refused."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, at_path, each_message, hearing, taking, with_header
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

WRONG = 7
CHAT = [{"role": "user", "content": "Say exactly: ok"}]


def model_of(profile: Profile, path: str) -> str:
    """The first model of the catalogue that serves the endpoint of a path."""
    role = "chat" if path.endswith("/chat/completions") else path.rpartition("/")[2]
    serving = [model.id for model in profile.catalogue if role in model.roles]
    return (serving or [profile.catalogue[0].id])[0]


def lenient(received: HttpRequest, profile: Profile) -> HttpRequest:
    """A body that is no JSON object is heard as a plain request."""
    try:
        if isinstance(json.loads(received.body), dict):
            return received
    except (ValueError, RecursionError):
        pass
    embeds = received.path.endswith("/embeddings")
    asked: Body = {"input": "hi"} if embeds else {"messages": [{"role": "user", "content": "hi"}]}
    body = {"model": model_of(profile, received.path), **asked}
    return replace(received, body=json.dumps(body).encode())


def any_model(is_wrong: Callable[[Any], bool]) -> Lapse:
    """A lapse that hears the first model of the catalogue where the model is wrong."""

    def hear(received: HttpRequest, profile: Profile) -> HttpRequest:
        return taking("model", is_wrong, model_of(profile, received.path)).hear(received, profile)

    return Lapse(hear=hear)


def as_bearer(value: str) -> str:
    """The key of any scheme, or of none, as a bearer token."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error):
            rest = base64.b64decode(rest + "==", validate=False).decode("latin-1").rstrip(":")
    return f"Bearer {rest or scheme}"


def as_json(value: str) -> str:
    """Any content type as that of JSON; a form cannot be read without its boundary."""
    return value if value.startswith("multipart/form-data; boundary=") else "application/json"


def not_text(value: Any) -> bool:
    return not isinstance(value, str)


def is_null(message: Body) -> bool:
    """An own answer, sent back as it came: tool calls beside a content that is null."""
    return "content" in message and message["content"] is None


def as_trace(received: HttpRequest, profile: Profile) -> HttpRequest:
    return replace(received, method="TRACE") if received.method == "OPTIONS" else received


LAPSES: Mapping[str, Lapse] = {
    "own-answer-refused": each_message(lambda message: {**message, "content": WRONG} if is_null(message) else message),
    "history-without-content-refused": each_message(
        lambda message: (
            {**message, "content": WRONG} if message.get("tool_calls") and "content" not in message else message
        )
    ),
    "empty-content-refused": each_message(
        lambda message: {**message, "content": WRONG} if message.get("content") == "" else message
    ),
    "empty-tools-refused": taking("tools", lambda value: value == [], WRONG),
    "empty-values-refused": hearing(
        lambda body: {name: WRONG if value is None or value == [] else value for name, value in body.items()}
    ),
    "logprobs-need-top-logprobs": hearing(
        lambda body: (
            {**body, "logprobs": WRONG} if body.get("logprobs") is True and "top_logprobs" not in body else body
        )
    ),
    "temperature-zero-refused": taking("temperature", lambda value: value == 0 and value is not False, "0"),
    "encoded-id-unknown": at_path(lambda path: f"{path}-" if "%" in path else path),
    "raw-id-unknown": at_path(lambda path: f"{path}-" if ":" in path else path),
    "raw-slash-unknown": at_path(lambda path: f"{path}-" if path.partition("/models/")[2].count("/") else path),
    "preflight-refused": Lapse(hear=as_trace),
    "malformed-json-accepted": Lapse(hear=lenient),
    "missing-model-accepted": any_model(lambda v: v is None),
    "response-model-invented": any_model(not_text),
    "model-number-accepted": any_model(lambda value: value is not None and not_text(value)),
    "missing-messages-accepted": taking("messages", lambda value: value is None, CHAT),
    "empty-messages-accepted": taking("messages", lambda v: v == [], CHAT),
    "messages-text-accepted": taking("messages", lambda value: isinstance(value, str), CHAT),
    "missing-role-accepted": each_message(lambda message: {"role": "user", **message}),
    "missing-content-accepted": each_message(lambda message: {"content": "", **message}),
    "stream-text-accepted": taking("stream", lambda value: isinstance(value, str), True),
    "temperature-text-accepted": taking("temperature", lambda value: isinstance(value, str), 1),
    "system-number-accepted": taking("system", lambda value: isinstance(value, int), "Be plain."),
    "cap-text-accepted": taking("max_tokens", lambda v: isinstance(v, str), 8),
    "cap-fraction-accepted": taking("max_tokens", lambda value: isinstance(value, float), 8),
    "missing-input-accepted": taking("input", lambda value: value is None, "hi"),
    "content-type-ignored": with_header("content-type", as_json),
    "charset-refused": with_header("content-type", lambda value: "text/plain" if ";" in value else value),
    "scheme-ignored": with_header("authorization", as_bearer),
    "scheme-case-sensitive": with_header("authorization", lambda value: value if value.startswith("Bearer ") else None),
    "outage-hidden": with_header("x-wireproof-cell", lambda v: None),
}
