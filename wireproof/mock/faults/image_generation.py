"""Faults of generated pictures: another number, size or form than requested, or data that is no picture."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.conditional_errors import crash_on_body
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import accept_as, ignore_members, on_body
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile

HTML_AS_BASE64 = base64.b64encode(b"<!doctype html><p>no picture</p>").decode()


def on_each_picture_entry(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """Hooks that change each entry of the pictures."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or answer.status >= 400 or not isinstance(answer.value, dict):
            return answer
        data = [change(entry) for entry in answer.value.get("data", ())]
        return replace(answer, value={**answer.value, "data": data})

    return FaultHooks(on_answer=change_answer)


def picture_base64(entry: JsonObject) -> str:
    """Returns the base64 of an entry's picture, from either form."""
    encoded: str = entry.get("b64_json") or entry.get("url", "").partition(",")[2]
    return encoded


def html_as_picture(entry: JsonObject) -> JsonObject:
    """Replaces the picture by a page of HTML."""
    return {"b64_json": HTML_AS_BASE64} if "b64_json" in entry else {"url": f"data:image/png;base64,{HTML_AS_BASE64}"}


def label_as_jpeg(entry: JsonObject) -> JsonObject:
    return {**entry, "url": entry["url"].replace("image/png", "image/jpeg")} if "url" in entry else entry


def base64_as_data_url(entry: JsonObject) -> JsonObject:
    return {"b64_json": f"data:image/png;base64,{picture_base64(entry)}"} if "b64_json" in entry else entry


def in_both_forms(entry: JsonObject) -> JsonObject:
    return {"url": f"data:image/png;base64,{picture_base64(entry)}", "b64_json": picture_base64(entry)}


def one_more_picture(body: JsonObject) -> JsonObject:
    n = body.get("n", 1)
    return {**body, "n": n + 1} if isinstance(n, int) and 0 < n < 10 else body


def accept_model_as_drawing(wrong: Callable[[Any, Profile], bool]) -> FaultHooks:
    """Hooks that replace a wrong model by one that draws."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        drawing = next((model.id for model in profile.catalogue if "image" in model.roles), "")
        return accept_as("model", lambda name: wrong(name, profile), drawing).on_request(received, profile)

    return FaultHooks(on_request=change_request)


def is_unknown_model(name: Any, profile: Profile) -> bool:
    return isinstance(name, str) and profile.model(name) is None


def does_not_draw(name: Any, profile: Profile) -> bool:
    model = profile.model(name) if isinstance(name, str) else None
    return model is not None and "image" not in model.roles


HOOKS: Mapping[str, FaultHooks] = {
    "images-n-ignored": ignore_members("n"),
    "images-one-more": on_body(one_more_picture),
    "images-size-ignored": accept_as("size", lambda size: isinstance(size, str) and "x" in size, "512x512"),
    "images-always-square": accept_as("size", lambda size: size == "1536x1024", "1024x1024"),
    "images-format-ignored": ignore_members("response_format"),
    "images-b64-only": on_each_picture_entry(lambda entry: {"b64_json": picture_base64(entry)}),
    "images-in-both-forms": on_each_picture_entry(in_both_forms),
    "images-no-pictures": on_each_picture_entry(html_as_picture),
    "images-b64-as-data-url": on_each_picture_entry(base64_as_data_url),
    "images-data-mislabelled": on_each_picture_entry(label_as_jpeg),
    "images-prompt-needless": accept_as("prompt", lambda prompt: prompt is None, "A plain red circle"),
    "images-prompt-number-accepted": accept_as("prompt", lambda prompt: isinstance(prompt, int), "7"),
    "images-zero-accepted": accept_as("n", lambda n: n == 0, 1),
    "images-many-accepted": accept_as("n", lambda n: isinstance(n, int) and n > 10, 10),
    "images-n-word-accepted": accept_as("n", lambda n: isinstance(n, str), 2),
    "images-any-size": accept_as("size", lambda size: size == "abc", "1024x1024"),
    "images-any-format": accept_as("response_format", lambda name: name == "paper", "url"),
    "images-any-model": accept_model_as_drawing(is_unknown_model),
    "images-any-kind-of-model": accept_model_as_drawing(does_not_draw),
    "images-format-crashes": crash_on_body(lambda body: "response_format" in body),
    "images-empty-request-crashes": crash_on_body(lambda body: "prompt" not in body),
    "images-without-model-crashes": crash_on_body(lambda body: "prompt" in body and "model" not in body),
}
