"""Faults of the pictures of a chat: ignored, lost, or in the wrong place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import edit_any_answer
from wireproof.mock.faults.contract_changes import on_request_rules
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import accept_as, on_each_message
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

CAP_ABOVE_ANY_ANSWER = 100_000
BROKEN_PICTURE_URL = "data:image/png;base64,????"


def on_each_picture(change: Callable[[JsonObject], list[JsonObject]]) -> FaultHooks:
    """Hooks that replace each part with a picture."""

    def change_message(message: JsonObject) -> JsonObject:
        parts = message.get("content")
        if not isinstance(parts, list):
            return message
        return {**message, "content": [new for part in parts for new in (change(part) if is_picture(part) else [part])]}

    return on_each_message(change_message)


def is_picture(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "image_url"


def with_broken_url(part: JsonObject) -> list[JsonObject]:
    """Breaks the URL of a picture on the web; a picture in a data URL stays unchanged."""
    return [{**part, "image_url": {"url": BROKEN_PICTURE_URL}}] if '"https://' in json.dumps(part) else [part]


def fail_on_picture(wanted: Callable[[Answer, bytes], bool]) -> FaultHooks:
    """Hooks that answer certain requests with a picture with status 500."""
    error = {"message": "cannot identify image file", "type": "server_error", "param": None, "code": None}

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        is_wanted = b'"image_url"' in received.body and wanted(answer, received.body)
        return PlainAnswer(500, {"error": error}, answer.headers) if is_wanted else answer

    return FaultHooks(on_answer=change_answer)


def on_picture_message(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """Hooks that change each message or delta with pictures."""

    def change_value(value: Any) -> Any:
        choices = [change_choice(choice, change) for choice in value.get("choices", ())]
        return {**value, "choices": choices} if "choices" in value else value

    return FaultHooks(on_answer=lambda answer, received: edit_any_answer(answer, change_value))


def change_choice(choice: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    messages = {name: choice[name] for name in ("message", "delta") if (choice.get(name) or {}).get("images")}
    return {**choice, **{name: change(message) for name, message in messages.items()}}


def picture_urls(message: JsonObject) -> list[str]:
    return [part["image_url"]["url"] for part in message["images"]]


def pictures_as_markdown(message: JsonObject) -> JsonObject:
    """Moves the pictures into the text, as Markdown."""
    markdown = "".join(f"![picture]({url})" for url in picture_urls(message))
    return {**without_pictures(message), "content": (message.get("content") or "") + markdown}


def pictures_as_parts(message: JsonObject) -> JsonObject:
    """Turns the content into parts, with the pictures among them."""
    text = message.get("content")
    text_parts = [{"type": "text", "text": text}] if text else []
    return {**without_pictures(message), "content": [*text_parts, *message["images"]]}


def pictures_as_texts(message: JsonObject) -> JsonObject:
    """Turns the pictures from parts into plain URLs."""
    return {**message, "images": picture_urls(message)}


def without_pictures(message: JsonObject) -> JsonObject:
    return {name: value for name, value in message.items() if name != "images"}


HOOKS: Mapping[str, FaultHooks] = {
    "pictures-ignored": on_each_picture(lambda part: []),
    "picture-parts-refused": on_request_rules(
        lambda rules: replace(rules, content_parts=tuple(kind for kind in rules.content_parts if kind != "image_url"))
    ),
    "remote-picture-refused": on_each_picture(with_broken_url),
    "remote-picture-as-500": fail_on_picture(lambda answer, body: b"https://" in body),
    "broken-picture-as-500": fail_on_picture(lambda answer, body: answer.status == 400),
    "pictures-lost": on_picture_message(without_pictures),
    "pictures-as-texts": on_picture_message(pictures_as_texts),
    "pictures-told-twice": on_picture_message(
        lambda message: {**pictures_as_markdown(message), "images": message["images"]}
    ),
    "pictures-in-the-text": on_picture_message(pictures_as_markdown),
    "pictures-in-content-parts": on_picture_message(pictures_as_parts),
    "default-cap-ignored": accept_as("max_tokens", lambda value: value is None, CAP_ABOVE_ANY_ANSWER),
}
