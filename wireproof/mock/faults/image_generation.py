"""Faults about pictures made from a prompt: too many, of another size, in another form, or none at all."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.conditional_errors import crashing
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, hearing, ignoring, taking
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

TEXT = base64.b64encode(b"<!doctype html><p>no picture</p>").decode()


def each_entry(change: Callable[[Body], Body]) -> Lapse:
    """A lapse that says each entry of the pictures otherwise."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if not isinstance(answer, PlainAnswer) or answer.status >= 400 or not isinstance(answer.value, dict):
            return answer
        data = [change(entry) for entry in answer.value.get("data", ())]
        return replace(answer, value={**answer.value, "data": data})

    return Lapse(say=say)


def packed(entry: Body) -> str:
    """The base64 of an entry's picture, in whichever form it stands."""
    given: str = entry.get("b64_json") or entry.get("url", "").partition(",")[2]
    return given


def other_bytes(entry: Body) -> Body:
    """The picture is a page of HTML."""
    return {"b64_json": TEXT} if "b64_json" in entry else {"url": f"data:image/png;base64,{TEXT}"}


def relabelled(entry: Body) -> Body:
    return {**entry, "url": entry["url"].replace("image/png", "image/jpeg")} if "url" in entry else entry


def as_data_url(entry: Body) -> Body:
    return {"b64_json": f"data:image/png;base64,{packed(entry)}"} if "b64_json" in entry else entry


def in_both(entry: Body) -> Body:
    return {"url": f"data:image/png;base64,{packed(entry)}", "b64_json": packed(entry)}


def one_more(body: Body) -> Body:
    n = body.get("n", 1)
    return {**body, "n": n + 1} if isinstance(n, int) and 0 < n < 10 else body


def any_model(wrong: Callable[[Any, Profile], bool]) -> Lapse:
    """A lapse that hears a model that draws where the model is wrong."""

    def hear(received: HttpRequest, profile: Profile) -> HttpRequest:
        drawing = next((model.id for model in profile.catalogue if "image" in model.roles), "")
        return taking("model", lambda name: wrong(name, profile), drawing).hear(received, profile)

    return Lapse(hear=hear)


def unknown(name: Any, profile: Profile) -> bool:
    return isinstance(name, str) and profile.model(name) is None


def of_another_kind(name: Any, profile: Profile) -> bool:
    model = profile.model(name) if isinstance(name, str) else None
    return model is not None and "image" not in model.roles


LAPSES: Mapping[str, Lapse] = {
    "images-n-ignored": ignoring("n"),
    "images-one-more": hearing(one_more),
    "images-size-ignored": taking("size", lambda size: isinstance(size, str) and "x" in size, "512x512"),
    "images-always-square": taking("size", lambda size: size == "1536x1024", "1024x1024"),
    "images-format-ignored": ignoring("response_format"),
    "images-b64-only": each_entry(lambda entry: {"b64_json": packed(entry)}),
    "images-in-both-forms": each_entry(in_both),
    "images-no-pictures": each_entry(other_bytes),
    "images-b64-as-data-url": each_entry(as_data_url),
    "images-data-mislabelled": each_entry(relabelled),
    "images-prompt-needless": taking("prompt", lambda prompt: prompt is None, "A plain red circle"),
    "images-prompt-number-accepted": taking("prompt", lambda prompt: isinstance(prompt, int), "7"),
    "images-zero-accepted": taking("n", lambda n: n == 0, 1),
    "images-many-accepted": taking("n", lambda n: isinstance(n, int) and n > 10, 10),
    "images-n-word-accepted": taking("n", lambda n: isinstance(n, str), 2),
    "images-any-size": taking("size", lambda size: size == "abc", "1024x1024"),
    "images-any-format": taking("response_format", lambda name: name == "paper", "url"),
    "images-any-model": any_model(unknown),
    "images-any-kind-of-model": any_model(of_another_kind),
    "images-format-crashes": crashing(lambda body: "response_format" in body),
    "images-empty-request-crashes": crashing(lambda body: "prompt" not in body),
    "images-without-model-crashes": crashing(lambda body: "prompt" in body and "model" not in body),
}
