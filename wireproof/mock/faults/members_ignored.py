"""Faults of obedience: a member of the request is heard and ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, each_message, hearing, ignoring, taking, with_messages

CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def first_part(message: Body) -> Body:
    content = message.get("content")
    return {**message, "content": content[:1]} if isinstance(content, list) else message


def as_user(message: Body) -> Body:
    return {**message, "role": "user"} if message.get("role") == "developer" else message


def no_operator(messages: list[Any]) -> list[Any]:
    kept = [one for one in messages if not isinstance(one, dict) or one.get("role") not in ("system", "developer")]
    return kept or messages


def with_usage(body: Body) -> Body:
    return {"stream_options": {"include_usage": True}, **body} if body.get("stream") is True else body


def later_stop(body: Body) -> Body:
    """Stops are matched without their first character, so that it is sent."""
    given = body.get("stop")
    if isinstance(given, str):
        return {**body, "stop": given[1:] or given}
    if isinstance(given, list):
        return {**body, "stop": [stop[1:] or stop if isinstance(stop, str) else stop for stop in given]}
    return body


def one_more(body: Body) -> Body:
    given = body.get("top_logprobs")
    return {**body, "top_logprobs": given + 1} if isinstance(given, int) else body


def padded(body: Body) -> Body:
    """The texts of a list are heard with a blank at the end."""
    given = body.get("input")
    if not isinstance(given, list):
        return body
    return {**body, "input": [f"{text} " if isinstance(text, str) else text for text in given]}


def shifted(body: Body) -> Body:
    """Token numbers are heard as those that another vocabulary has for something else."""
    given = body.get("input")
    if not isinstance(given, list) or not all(isinstance(token, int) for token in given):
        return body
    return {**body, "input": [token + 1 for token in given]}


LAPSES: Mapping[str, Lapse] = {
    "tokens-of-another-vocabulary": hearing(shifted),
    "top-logprobs-one-more": hearing(one_more),
    "embeddings-list-padded": hearing(padded),
    "previous-response-ignored": ignoring("previous_response_id"),
    "stream-usage-unasked": hearing(with_usage),
    "stop-prefix-leaks": hearing(later_stop),
    "n-ignored": ignoring("n"),
    "stop-ignored": ignoring("stop"),
    "cap-ignored": ignoring(*CAPS),
    "max-completion-tokens-ignored": ignoring("max_completion_tokens"),
    "stream-ignored": ignoring("stream", "stream_options"),
    "stream-by-default": taking("stream", lambda value: value is None, True),
    "tools-ignored": ignoring("tools", "tool_choice"),
    "tool-choice-ignored": ignoring("tool_choice"),
    "tool-choice-none-ignored": taking("tool_choice", lambda value: value == "none", "required"),
    "tool-choice-named-ignored": taking("tool_choice", lambda value: isinstance(value, dict), "auto"),
    "parallel-tool-calls-ignored": ignoring("parallel_tool_calls"),
    "response-format-ignored": ignoring("response_format"),
    "text-format-ignored": ignoring("text"),
    "instructions-ignored": ignoring("instructions"),
    "logprobs-ignored": ignoring("logprobs", "top_logprobs"),
    "top-logprobs-ignored": ignoring("top_logprobs"),
    "include-usage-ignored": ignoring("stream_options"),
    "system-field-ignored": ignoring("system"),
    "system-message-ignored": with_messages(no_operator),
    "developer-as-user": each_message(as_user),
    "history-ignored": with_messages(lambda given: given[-1:]),
    "first-part-only": each_message(first_part),
    "echo-ignored": ignoring("echo"),
    "dimensions-ignored": ignoring("dimensions"),
    "base64-ignored": ignoring("encoding_format"),
    "first-input-only": hearing(
        lambda body: {**body, "input": body["input"][:1]} if isinstance(body.get("input"), list) else body
    ),
}
