"""Faults of hearing: a member of the request is ignored, or something wrong in it is taken."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.lapse import Lapse
from wireproof.mock.message import Received
from wireproof.mock.profile import Profile

Body = dict[str, Any]
CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def hearing(change: Callable[[Body], Body]) -> Lapse:
    """A lapse that hears another body than was sent."""

    def hear(received: Received, profile: Profile) -> Received:
        try:
            body = json.loads(received.body)
        except ValueError:
            return received
        return replace(received, body=json.dumps(change(body)).encode()) if isinstance(body, dict) else received

    return Lapse(hear=hear)


def ignoring(*names: str) -> Lapse:
    return hearing(lambda body: {name: value for name, value in body.items() if name not in names})


def taking(name: str, is_wrong: Callable[[Any], bool], heard: Any) -> Lapse:
    """A lapse that hears something good where a member is wrong; a missing member reads as null."""
    return hearing(lambda body: {**body, name: heard} if is_wrong(body.get(name)) else body)


def with_messages(change: Callable[[list[Any]], list[Any]]) -> Lapse:
    def changed(body: Body) -> Body:
        given = body.get("messages")
        return {**body, "messages": change(given)} if isinstance(given, list) else body

    return hearing(changed)


def each_message(change: Callable[[Body], Body]) -> Lapse:
    return with_messages(lambda given: [change(one) if isinstance(one, dict) else one for one in given])


def first_part(message: Body) -> Body:
    content = message.get("content")
    return {**message, "content": content[:1]} if isinstance(content, list) else message


def as_user(message: Body) -> Body:
    return {**message, "role": "user"} if message.get("role") == "developer" else message


def no_operator(messages: list[Any]) -> list[Any]:
    kept = [one for one in messages if not isinstance(one, dict) or one.get("role") not in ("system", "developer")]
    return kept or messages


def with_header(name: str, change: Callable[[str], str | None]) -> Lapse:
    """A lapse that hears another value of a header, or none."""

    def hear(received: Received, profile: Profile) -> Received:
        heard = [(key, change(value) if key == name else value) for key, value in received.headers]
        return replace(received, headers=tuple((key, value) for key, value in heard if value is not None))

    return Lapse(hear=hear)


def model_of(profile: Profile, path: str) -> str:
    """The first model of the catalogue that serves the endpoint of a path."""
    role = path.rpartition("/")[2]
    serving = [model.id for model in profile.catalogue if role in model.roles]
    return (serving or [profile.catalogue[0].id])[0]


def lenient(received: Received, profile: Profile) -> Received:
    """A body that is no JSON object is heard as a plain request."""
    try:
        if isinstance(json.loads(received.body), dict):
            return received
    except ValueError:
        pass
    embeds = received.path.endswith("/embeddings")
    asked: Body = {"input": "hi"} if embeds else {"messages": [{"role": "user", "content": "hi"}]}
    body = {"model": model_of(profile, received.path), **asked}
    return replace(received, body=json.dumps(body).encode())


def any_model(is_wrong: Callable[[Any], bool]) -> Lapse:
    """A lapse that hears the first model of the catalogue where the model is wrong."""

    def hear(received: Received, profile: Profile) -> Received:
        return taking("model", is_wrong, model_of(profile, received.path)).hear(received, profile)

    return Lapse(hear=hear)


def as_bearer(value: str) -> str:
    """The key of any scheme, or of none, as a bearer token."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        rest = base64.b64decode(rest + "==", validate=False).decode("latin-1").rstrip(":")
    return f"Bearer {rest or scheme}"


def not_text(value: Any) -> bool:
    return not isinstance(value, str)


CHAT = [{"role": "user", "content": "Say exactly: ok"}]
WRONG = 7


def is_null(message: Body) -> bool:
    """An own answer, sent back as it came: tool calls beside a content that is null."""
    return "content" in message and message["content"] is None


def with_usage(body: Body) -> Body:
    return {"stream_options": {"include_usage": True}, **body} if body.get("stream") is True else body


def later_stop(body: Body) -> Body:
    """Stops are matched without their first character, so that it is sent."""
    given = body.get("stop")
    if isinstance(given, str):
        return {**body, "stop": given[1:] or given}
    if isinstance(given, list):
        return {**body, "stop": [stop[1:] or stop if isinstance(stop, str) else stop for stop in given]}
    return body


def at_path(change: Callable[[str], str]) -> Lapse:
    """A lapse that hears another path."""
    return Lapse(hear=lambda received, profile: replace(received, path=change(received.path)))


def as_trace(received: Received, profile: Profile) -> Received:
    return replace(received, method="TRACE") if received.method == "OPTIONS" else received


LAPSES: Mapping[str, Lapse] = {
    "stream-usage-unasked": hearing(with_usage),
    "stop-prefix-leaks": hearing(later_stop),
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
    "preflight-refused": Lapse(hear=as_trace),
    "n-ignored": ignoring("n"),
    "stop-ignored": ignoring("stop"),
    "cap-ignored": ignoring(*CAPS),
    "max-completion-tokens-ignored": ignoring("max_completion_tokens"),
    "stream-ignored": ignoring("stream", "stream_options"),
    "stream-by-default": taking("stream", lambda value: value is None, True),
    "tools-ignored": ignoring("tools", "tool_choice"),
    "tool-choice-ignored": ignoring("tool_choice"),
    "tool-choice-none-ignored": taking("tool_choice", lambda value: value == "none", "required"),
    "tool-choice-named-ignored": taking("tool_choice", lambda value: isinstance(value, dict), "auto"),
    "parallel-tool-calls-ignored": ignoring("parallel_tool_calls"),
    "response-format-ignored": ignoring("response_format"),
    "text-format-ignored": ignoring("text"),
    "instructions-ignored": ignoring("instructions"),
    "logprobs-ignored": ignoring("logprobs", "top_logprobs"),
    "top-logprobs-ignored": ignoring("top_logprobs"),
    "include-usage-ignored": ignoring("stream_options"),
    "system-field-ignored": ignoring("system"),
    "system-message-ignored": with_messages(no_operator),
    "developer-as-user": each_message(as_user),
    "history-ignored": with_messages(lambda given: given[-1:]),
    "first-part-only": each_message(first_part),
    "echo-ignored": ignoring("echo"),
    "dimensions-ignored": ignoring("dimensions"),
    "base64-ignored": ignoring("encoding_format"),
    "first-input-only": hearing(
        lambda body: {**body, "input": body["input"][:1]} if isinstance(body.get("input"), list) else body
    ),
    "malformed-json-accepted": Lapse(hear=lenient),
    "missing-model-accepted": any_model(lambda v: v is None),
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
    "content-type-ignored": with_header("content-type", lambda value: None),
    "charset-refused": with_header("content-type", lambda value: "text/plain" if ";" in value else value),
    "scheme-ignored": with_header("authorization", as_bearer),
    "scheme-case-sensitive": with_header("authorization", lambda value: value if value.startswith("Bearer ") else None),
    "outage-hidden": with_header("x-wireproof-cell", lambda v: None),
}
