"""Faults of what is said in a whole answer, where one edit does not tell them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import plain
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.json_edits import at
from wireproof.mock.protocol.answers import Answer, PlainAnswer, json_bytes
from wireproof.mock.protocol.messages import HttpRequest

CONTENT = "/choices/*/message/content"


def saying(change: Callable[[Any], Any]) -> Lapse:
    """A lapse that changes the value of a whole answer."""
    return Lapse(say=lambda answer, received: plain(answer, change))


def prose(text: Any) -> Any:
    return f"Sure! Here is the JSON you asked for: {text}" if str(text).startswith("{") else text


def fenced(text: Any) -> Any:
    return f"```json\n{text}\n```" if str(text).startswith("{") else text


def seldom_fenced(value: Any) -> Any:
    """The block is fenced where the id of the answer ends in one of sixteen digits."""
    return at(CONTENT, fenced)(value) if str(value.get("id")).endswith("0") else value


def off_schema(text: Any) -> Any:
    return '{"unexpected": true}' if str(text).startswith("{") else text


def as_markup(value: Any) -> Any:
    """The calls of a message written into its content."""
    for choice in value.get("choices", ()):
        message = choice["message"]
        calls = message.pop("tool_calls", [])
        if calls:
            message["content"] = f"<tool_call>{json_bytes(calls[0][calls[0]['type']]).decode()}</tool_call>"
            choice["finish_reason"] = "stop"
    return value


def reordered(value: Any) -> Any:
    """The vectors in another order under the old indexes."""
    vectors = [item["embedding"] for item in value["data"]]
    turned = vectors[1:] + vectors[:1]
    items = [item | {"embedding": vector} for item, vector in zip(value["data"], turned, strict=True)]
    return value | {"data": items}


def shortened(value: Any) -> Any:
    """The last vector is one shorter than the others."""
    *most, last = value["data"]
    return value | {"data": [*most, last | {"embedding": last["embedding"][:-1]}]}


def doubled(text: Any) -> Any:
    return f"{text}{text}" if isinstance(text, str) else text


def healthy(value: Any) -> Any:
    return value | {"status": "ok", "cells": max(4, value["cells"])}


def limit_header(part: str, new: Callable[[str], str | None], statuses: range = range(100, 600)) -> Lapse:
    """A lapse that changes or drops the rate header of one part."""
    form = re.compile(rf"x-ratelimit-{part}(-requests)?", re.I)

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if answer.status not in statuses:
            return answer
        told = [(name, new(value) if form.fullmatch(name) else value) for name, value in answer.headers]
        return replace(answer, headers=tuple((name, value) for name, value in told if value is not None))

    return Lapse(say=say)


def remaining_stays() -> Lapse:
    """A lapse that always shows as much left as the limit is."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        limits = {name.lower(): value for name, value in answer.headers}
        told = [
            (
                name,
                limits.get(name.lower().replace("remaining", "limit"), value) if "remaining" in name.lower() else value,
            )
            for name, value in answer.headers
        ]
        return replace(answer, headers=tuple(told))

    return Lapse(say=say)


def with_bom(answer: Answer, received: HttpRequest) -> Answer:
    if isinstance(answer, PlainAnswer) and not isinstance(answer.value, bytes):
        return replace(answer, value=b"\xef\xbb\xbf" + json_bytes(answer.value))
    return answer


def gone(value: str) -> None:
    """Nothing in place of a header."""


GOOD, BAD = range(200, 400), range(400, 600)
LAPSES: Mapping[str, Lapse] = {
    "json-in-prose": saying(at(CONTENT, prose)),
    "json-fenced": saying(at(CONTENT, fenced)),
    "json-fenced-seldom": saying(seldom_fenced),
    "json-off-schema": saying(at(CONTENT, off_schema)),
    "content-doubled": saying(at(CONTENT, doubled)),
    "tool-markup-in-content": saying(as_markup),
    "embedding-order": saying(reordered),
    "embedding-lengths": saying(shortened),
    "embedding-scaled": saying(
        at("/data/*/embedding", lambda given: [3 * x for x in given] if isinstance(given, list) else given)
    ),
    "health-hides-outage": saying(healthy),
    "answer-with-bom": Lapse(say=with_bom),
    "remaining-constant": remaining_stays(),
    "remaining-at-429": limit_header("remaining", lambda v: "7", range(429, 430)),
    "remaining-negative": limit_header("remaining", lambda v: "-1"),
    "remaining-above-limit": limit_header("remaining", lambda v: "9999999"),
    "limit-header-wrong": limit_header("limit", lambda v: str(int(v) + 1)),
    "limit-header-word": limit_header("limit", lambda v: "plenty"),
    "remaining-header-word": limit_header("remaining", lambda v: "some"),
    "reset-header-word": limit_header("reset", lambda v: "soon"),
    "reset-milliseconds": limit_header("reset", lambda v: "1741305600000"),
    "reset-at-429": limit_header("reset", lambda v: "3000", range(429, 430)),
    "limit-header-missing-on-answers": limit_header("limit", gone, GOOD),
    "limit-header-missing-on-errors": limit_header("limit", gone, BAD),
    "remaining-header-missing-on-answers": limit_header("remaining", gone, GOOD),
    "remaining-header-missing-on-errors": limit_header("remaining", gone, BAD),
    "reset-header-missing-on-answers": limit_header("reset", gone, GOOD),
    "reset-header-missing-on-errors": limit_header("reset", gone, BAD),
}
