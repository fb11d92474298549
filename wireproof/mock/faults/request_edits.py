"""The ways in which faults mishear a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

JsonObject = dict[str, Any]


def change_json_body(received: HttpRequest, change: Callable[[JsonObject], JsonObject]) -> HttpRequest:
    """The request with another body, where it has one that is a JSON object; as it came, where nothing changes."""
    try:
        body = json.loads(received.body)
        if not isinstance(body, dict):
            return received
        told, heard = json.dumps(body), json.dumps(change(body))
    except (ValueError, RecursionError):
        return received
    return received if heard == told else replace(received, body=heard.encode())


def on_body(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """A lapse that hears another body than was sent."""
    return FaultHooks(on_request=lambda received, profile: change_json_body(received, change))


def ignore_members(*names: str) -> FaultHooks:
    return on_body(lambda body: {name: value for name, value in body.items() if name not in names})


def accept_as(name: str, is_wrong: Callable[[Any], bool], replacement: Any) -> FaultHooks:
    """A lapse that hears something good where a member is wrong; a missing member reads as null."""
    return on_body(lambda body: {**body, name: replacement} if is_wrong(body.get(name)) else body)


def on_messages(change: Callable[[list[Any]], list[Any]]) -> FaultHooks:
    def change_body(body: JsonObject) -> JsonObject:
        given = body.get("messages")
        return {**body, "messages": change(given)} if isinstance(given, list) else body

    return on_body(change_body)


def on_each_message(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    return on_messages(lambda given: [change(one) if isinstance(one, dict) else one for one in given])


def on_header(name: str, change: Callable[[str], str | None]) -> FaultHooks:
    """A lapse that hears another value of a header, or none."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        heard = [(key, change(value) if key == name else value) for key, value in received.headers]
        return replace(received, headers=tuple((key, value) for key, value in heard if value is not None))

    return FaultHooks(on_request=change_request)


def on_path(change: Callable[[str], str]) -> FaultHooks:
    """A lapse that hears another path."""
    return FaultHooks(on_request=lambda received, profile: replace(received, path=change(received.path)))
