"""Faults of the values of whole answers and of their rate-limit headers that no single edit describes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import edit_whole_answer
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.json_edits import edit_at
from wireproof.mock.protocol.answers import Answer, PlainAnswer, json_bytes
from wireproof.mock.protocol.messages import HttpRequest

CONTENT_POINTER = "/choices/*/message/content"


def on_whole_value(change: Callable[[Any], Any]) -> FaultHooks:
    """Hooks that change the value of a whole answer."""
    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change))


def wrap_in_prose(text: Any) -> Any:
    return f"Sure! Here is the JSON you asked for: {text}" if str(text).startswith("{") else text


def fence_json(text: Any) -> Any:
    return f"```json\n{text}\n```" if str(text).startswith("{") else text


def fence_json_sometimes(value: Any) -> Any:
    """Fences the JSON of answers whose id ends in 0, which is one of sixteen."""
    return edit_at(CONTENT_POINTER, fence_json)(value) if str(value.get("id")).endswith("0") else value


def leave_schema(text: Any) -> Any:
    return '{"unexpected": true}' if str(text).startswith("{") else text


def calls_as_markup(value: Any) -> Any:
    """Writes the calls of a message into its content."""
    for choice in value.get("choices", ()):
        message = choice["message"]
        calls = message.pop("tool_calls", [])
        if calls:
            message["content"] = f"<tool_call>{json_bytes(calls[0][calls[0]['type']]).decode()}</tool_call>"
            choice["finish_reason"] = "stop"
    return value


def reorder_vectors(value: Any) -> Any:
    """Puts the vectors in another order under the old indexes."""
    vectors = [item["embedding"] for item in value["data"]]
    reordered = vectors[1:] + vectors[:1]
    items = [item | {"embedding": vector} for item, vector in zip(value["data"], reordered, strict=True)]
    return value | {"data": items}


def shorten_last_vector(value: Any) -> Any:
    """Makes the last vector one number shorter than the others."""
    *others, last = value["data"]
    return value | {"data": [*others, last | {"embedding": last["embedding"][:-1]}]}


def double_text(text: Any) -> Any:
    return f"{text}{text}" if isinstance(text, str) else text


def hide_outage(value: Any) -> Any:
    return value | {"status": "ok", "cells": max(4, value["cells"])}


def on_limit_header(part: str, new: Callable[[str], str | None], statuses: range = range(100, 600)) -> FaultHooks:
    """Hooks that change or drop the rate-limit header of one part."""
    pattern = re.compile(rf"x-ratelimit-{part}(-requests)?", re.I)

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if answer.status not in statuses:
            return answer
        headers = [(name, new(value) if pattern.fullmatch(name) else value) for name, value in answer.headers]
        return replace(answer, headers=tuple((name, value) for name, value in headers if value is not None))

    return FaultHooks(on_answer=change_answer)


def keep_remaining() -> FaultHooks:
    """Hooks that always state as many remaining requests as the limit has."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        limits = {name.lower(): value for name, value in answer.headers}
        headers = [
            (
                name,
                limits.get(name.lower().replace("remaining", "limit"), value) if "remaining" in name.lower() else value,
            )
            for name, value in answer.headers
        ]
        return replace(answer, headers=tuple(headers))

    return FaultHooks(on_answer=change_answer)


def with_bom(answer: Answer, received: HttpRequest) -> Answer:
    if isinstance(answer, PlainAnswer) and not isinstance(answer.value, bytes):
        return replace(answer, value=b"\xef\xbb\xbf" + json_bytes(answer.value))
    return answer


def drop_value(value: str) -> None:
    """Drops a header."""


SERVED_STATUSES, ERROR_STATUSES = range(200, 400), range(400, 600)
HOOKS: Mapping[str, FaultHooks] = {
    "json-in-prose": on_whole_value(edit_at(CONTENT_POINTER, wrap_in_prose)),
    "json-fenced": on_whole_value(edit_at(CONTENT_POINTER, fence_json)),
    "json-fenced-seldom": on_whole_value(fence_json_sometimes),
    "json-off-schema": on_whole_value(edit_at(CONTENT_POINTER, leave_schema)),
    "content-doubled": on_whole_value(edit_at(CONTENT_POINTER, double_text)),
    "transcription-doubled": on_whole_value(edit_at("/text", double_text)),
    "tool-markup-in-content": on_whole_value(calls_as_markup),
    "embedding-order": on_whole_value(reorder_vectors),
    "embedding-lengths": on_whole_value(shorten_last_vector),
    "embedding-scaled": on_whole_value(
        edit_at("/data/*/embedding", lambda vector: [3 * x for x in vector] if isinstance(vector, list) else vector)
    ),
    "health-hides-outage": on_whole_value(hide_outage),
    "answer-with-bom": FaultHooks(on_answer=with_bom),
    "remaining-constant": keep_remaining(),
    "remaining-at-429": on_limit_header("remaining", lambda v: "7", range(429, 430)),
    "remaining-negative": on_limit_header("remaining", lambda v: "-1"),
    "remaining-above-limit": on_limit_header("remaining", lambda v: "9999999"),
    "limit-header-wrong": on_limit_header("limit", lambda v: str(int(v) + 1)),
    "limit-header-word": on_limit_header("limit", lambda v: "plenty"),
    "remaining-header-word": on_limit_header("remaining", lambda v: "some"),
    "reset-header-word": on_limit_header("reset", lambda v: "soon"),
    "reset-milliseconds": on_limit_header("reset", lambda v: "1741305600000"),
    "reset-at-429": on_limit_header("reset", lambda v: "3000", range(429, 430)),
    "limit-header-missing-on-answers": on_limit_header("limit", drop_value, SERVED_STATUSES),
    "limit-header-missing-on-errors": on_limit_header("limit", drop_value, ERROR_STATUSES),
    "remaining-header-missing-on-answers": on_limit_header("remaining", drop_value, SERVED_STATUSES),
    "remaining-header-missing-on-errors": on_limit_header("remaining", drop_value, ERROR_STATUSES),
    "reset-header-missing-on-answers": on_limit_header("reset", drop_value, SERVED_STATUSES),
    "reset-header-missing-on-errors": on_limit_header("reset", drop_value, ERROR_STATUSES),
}
