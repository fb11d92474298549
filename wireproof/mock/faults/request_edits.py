"""The ways in which faults mishear a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

Body = dict[str, Any]


def heard_as(received: HttpRequest, change: Callable[[Body], Body]) -> HttpRequest:
    """The request with another body, where it has one that is a JSON object; as it came, where nothing changes."""
    try:
        body = json.loads(received.body)
        if not isinstance(body, dict):
            return received
        told, heard = json.dumps(body), json.dumps(change(body))
    except (ValueError, RecursionError):
        return received
    return received if heard == told else replace(received, body=heard.encode())


def hearing(change: Callable[[Body], Body]) -> Lapse:
    """A lapse that hears another body than was sent."""
    return Lapse(hear=lambda received, profile: heard_as(received, change))


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


def with_header(name: str, change: Callable[[str], str | None]) -> Lapse:
    """A lapse that hears another value of a header, or none."""

    def hear(received: HttpRequest, profile: Profile) -> HttpRequest:
        heard = [(key, change(value) if key == name else value) for key, value in received.headers]
        return replace(received, headers=tuple((key, value) for key, value in heard if value is not None))

    return Lapse(hear=hear)


def at_path(change: Callable[[str], str]) -> Lapse:
    """A lapse that hears another path."""
    return Lapse(hear=lambda received, profile: replace(received, path=change(received.path)))
