"""The ways in which faults change a received request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject


def change_json_body(received: HttpRequest, change: Callable[[JsonObject], JsonObject]) -> HttpRequest:
    """Returns the request with a changed JSON body; unchanged if the body is no JSON object or stays the same."""
    try:
        body = json.loads(received.body)
        if not isinstance(body, dict):
            return received
        before, after = json.dumps(body), json.dumps(change(body))
    except (ValueError, RecursionError):
        return received
    return received if after == before else replace(received, body=after.encode())


def on_body(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """Hooks that change the JSON body of a request."""
    return FaultHooks(on_request=lambda received, profile: change_json_body(received, change))


def ignore_members(*names: str) -> FaultHooks:
    return on_body(lambda body: {name: value for name, value in body.items() if name not in names})


def accept_as(name: str, is_wrong: Callable[[Any], bool], replacement: Any) -> FaultHooks:
    """Hooks that replace a wrong member by a valid one; a missing member counts as null."""
    return on_body(lambda body: {**body, name: replacement} if is_wrong(body.get(name)) else body)


def on_messages(change: Callable[[list[Any]], list[Any]]) -> FaultHooks:
    def change_body(body: JsonObject) -> JsonObject:
        messages = body.get("messages")
        return {**body, "messages": change(messages)} if isinstance(messages, list) else body

    return on_body(change_body)


def on_each_message(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    return on_messages(
        lambda messages: [change(message) if isinstance(message, dict) else message for message in messages]
    )


def change_header(received: HttpRequest, name: str, change: Callable[[str], str | None]) -> HttpRequest:
    """Returns the request with a changed header, or without it if the change gives None."""
    headers = [(key, change(value) if key == name else value) for key, value in received.headers]
    return replace(received, headers=tuple((key, value) for key, value in headers if value is not None))


def on_header(name: str, change: Callable[[str], str | None]) -> FaultHooks:
    """Hooks that change or drop a header of the request."""
    return FaultHooks(on_request=lambda received, profile: change_header(received, name, change))


def on_path(change: Callable[[str], str]) -> FaultHooks:
    """Hooks that change the path of a request."""
    return FaultHooks(on_request=lambda received, profile: replace(received, path=change(received.path)))
