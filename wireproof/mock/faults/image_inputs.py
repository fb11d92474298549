"""Faults about the pictures of a chat: not looked at, lost on the way, or put elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import either
from wireproof.mock.faults.contract_changes import requests
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, each_message, taking
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest

MORE_THAN_ANY_ANSWER = 100_000
BROKEN = "data:image/png;base64,????"


def each_picture(change: Callable[[Body], list[Body]]) -> Lapse:
    """A lapse that hears something else in place of each part with a picture."""

    def changed(message: Body) -> Body:
        parts = message.get("content")
        if not isinstance(parts, list):
            return message
        return {**message, "content": [new for part in parts for new in (change(part) if shows(part) else [part])]}

    return each_message(changed)


def shows(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "image_url"


def unreachable(part: Body) -> list[Body]:
    """A picture of the web that cannot be had; one that is sent along stays as it is."""
    return [{**part, "image_url": {"url": BROKEN}}] if '"https://' in json.dumps(part) else [part]


def failing(meets: Callable[[Answer, bytes], bool]) -> Lapse:
    """A lapse that breaks down over some request with a picture."""
    error = {"message": "cannot identify image file", "type": "server_error", "param": None, "code": None}

    def say(answer: Answer, received: HttpRequest) -> Answer:
        met = b'"image_url"' in received.body and meets(answer, received.body)
        return PlainAnswer(500, {"error": error}, answer.headers) if met else answer

    return Lapse(say=say)


def telling(change: Callable[[Body], Body]) -> Lapse:
    """A lapse that tells a message or a delta with pictures otherwise."""

    def edit(value: Any) -> Any:
        choices = [retold(choice, change) for choice in value.get("choices", ())]
        return {**value, "choices": choices} if "choices" in value else value

    return Lapse(say=lambda answer, received: either(answer, edit))


def retold(choice: Body, change: Callable[[Body], Body]) -> Body:
    told = {name: choice[name] for name in ("message", "delta") if (choice.get(name) or {}).get("images")}
    return {**choice, **{name: change(message) for name, message in told.items()}}


def addresses(message: Body) -> list[str]:
    return [part["image_url"]["url"] for part in message["images"]]


def as_markdown(message: Body) -> Body:
    """The pictures in the text, as Markdown writes them."""
    drawn = "".join(f"![picture]({address})" for address in addresses(message))
    return {**without_images(message), "content": (message.get("content") or "") + drawn}


def as_parts(message: Body) -> Body:
    """The content as parts, the pictures among them."""
    text = message.get("content")
    said = [{"type": "text", "text": text}] if text else []
    return {**without_images(message), "content": [*said, *message["images"]]}


def as_texts(message: Body) -> Body:
    """The pictures as bare texts, not as parts."""
    return {**message, "images": addresses(message)}


def without_images(message: Body) -> Body:
    return {name: value for name, value in message.items() if name != "images"}


LAPSES: Mapping[str, Lapse] = {
    "pictures-ignored": each_picture(lambda part: []),
    "picture-parts-refused": requests(
        lambda rules: replace(rules, content_parts=tuple(one for one in rules.content_parts if one != "image_url"))
    ),
    "remote-picture-refused": each_picture(unreachable),
    "remote-picture-as-500": failing(lambda answer, body: b"https://" in body),
    "broken-picture-as-500": failing(lambda answer, body: answer.status == 400),
    "pictures-lost": telling(without_images),
    "pictures-as-texts": telling(as_texts),
    "pictures-told-twice": telling(lambda message: {**as_markdown(message), "images": message["images"]}),
    "pictures-in-the-text": telling(as_markdown),
    "pictures-in-content-parts": telling(as_parts),
    "default-cap-ignored": taking("max_tokens", lambda value: value is None, MORE_THAN_ANY_ANSWER),
}
