"""Faults of ignored members: the server accepts a member of the request and ignores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import accept_as, ignore_members, on_body, on_each_message, on_messages
from wireproof.mock.provider.body_validation import JsonObject

OUTPUT_CAP_MEMBERS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def first_part_only(message: JsonObject) -> JsonObject:
    content = message.get("content")
    return {**message, "content": content[:1]} if isinstance(content, list) else message


def developer_as_user(message: JsonObject) -> JsonObject:
    return {**message, "role": "user"} if message.get("role") == "developer" else message


def without_operator(messages: list[Any]) -> list[Any]:
    others = [
        message
        for message in messages
        if not isinstance(message, dict) or message.get("role") not in ("system", "developer")
    ]
    return others or messages


def without_system(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name != "system"}


def has_answer(body: JsonObject) -> bool:
    """True if the conversation has an earlier answer of the model."""
    messages = body.get("messages")
    roles = (
        [message.get("role") for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    )
    return "assistant" in roles


def with_stream_usage(body: JsonObject) -> JsonObject:
    return {"stream_options": {"include_usage": True}, **body} if body.get("stream") is True else body


def shorten_stop(body: JsonObject) -> JsonObject:
    """Drops the first character of each stop text, so that this character is sent."""
    stops = body.get("stop")
    if isinstance(stops, str):
        return {**body, "stop": stops[1:] or stops}
    if isinstance(stops, list):
        return {**body, "stop": [stop[1:] or stop if isinstance(stop, str) else stop for stop in stops]}
    return body


def one_more_logprob(body: JsonObject) -> JsonObject:
    count = body.get("top_logprobs")
    return {**body, "top_logprobs": count + 1} if isinstance(count, int) else body


def pad_texts(body: JsonObject) -> JsonObject:
    """Appends a blank to the texts of a list."""
    texts = body.get("input")
    if not isinstance(texts, list):
        return body
    return {**body, "input": [f"{text} " if isinstance(text, str) else text for text in texts]}


def shift_tokens(body: JsonObject) -> JsonObject:
    """Replaces token numbers by those of other tokens."""
    tokens = body.get("input")
    if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
        return body
    return {**body, "input": [token + 1 for token in tokens]}


HOOKS: Mapping[str, FaultHooks] = {
    "tokens-of-another-vocabulary": on_body(shift_tokens),
    "top-logprobs-one-more": on_body(one_more_logprob),
    "embeddings-list-padded": on_body(pad_texts),
    "previous-response-ignored": ignore_members("previous_response_id"),
    "stream-usage-unasked": on_body(with_stream_usage),
    "stop-prefix-leaks": on_body(shorten_stop),
    "n-ignored": ignore_members("n"),
    "stop-ignored": ignore_members("stop"),
    "cap-ignored": ignore_members(*OUTPUT_CAP_MEMBERS),
    "max-completion-tokens-ignored": ignore_members("max_completion_tokens"),
    "stream-ignored": ignore_members("stream", "stream_options"),
    "stream-by-default": accept_as("stream", lambda value: value is None, True),
    "tools-ignored": ignore_members("tools", "tool_choice"),
    "tool-choice-ignored": ignore_members("tool_choice"),
    "tool-choice-none-ignored": accept_as("tool_choice", lambda value: value == "none", "required"),
    "tool-choice-named-ignored": accept_as("tool_choice", lambda value: isinstance(value, dict), "auto"),
    "parallel-tool-calls-ignored": ignore_members("parallel_tool_calls"),
    "response-format-ignored": ignore_members("response_format"),
    "text-format-ignored": ignore_members("text"),
    "instructions-ignored": ignore_members("instructions"),
    "logprobs-ignored": ignore_members("logprobs", "top_logprobs"),
    "top-logprobs-ignored": ignore_members("top_logprobs"),
    "include-usage-ignored": ignore_members("stream_options"),
    "system-field-ignored": ignore_members("system"),
    "system-field-ignored-in-streams": on_body(lambda body: without_system(body) if body.get("stream") else body),
    "system-field-ignored-later": on_body(lambda body: without_system(body) if has_answer(body) else body),
    "system-message-ignored": on_messages(without_operator),
    "developer-as-user": on_each_message(developer_as_user),
    "history-ignored": on_messages(lambda messages: messages[-1:]),
    "first-part-only": on_each_message(first_part_only),
    "echo-ignored": ignore_members("echo"),
    "dimensions-ignored": ignore_members("dimensions"),
    "base64-ignored": ignore_members("encoding_format"),
    "first-input-only": on_body(
        lambda body: {**body, "input": body["input"][:1]} if isinstance(body.get("input"), list) else body
    ),
}
