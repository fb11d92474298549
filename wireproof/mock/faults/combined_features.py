"""Faults that need two features at once: each of the two works by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.faults.answer_places import edit_any_answer
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.image_inputs import is_picture
from wireproof.mock.faults.members_ignored import OUTPUT_CAP_MEMBERS, without_operator
from wireproof.mock.faults.request_edits import on_body
from wireproof.mock.protocol.answers import Answer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

Condition = Callable[[JsonObject], bool]
LEAKED_TEXT = " four, five"


def ignore_if(condition: Condition, *names: str) -> FaultHooks:
    """Hooks that ignore members of a request that has another feature."""

    def change_body(body: JsonObject) -> JsonObject:
        return {name: value for name, value in body.items() if name not in names} if condition(body) else body

    return on_body(change_body)


def ignore_operator_if(condition: Condition) -> FaultHooks:
    """Hooks that drop the system and developer messages of a request that has another feature."""

    def change_body(body: JsonObject) -> JsonObject:
        messages = body.get("messages")
        if not isinstance(messages, list) or not condition(body):
            return body
        return {**body, "messages": without_operator(messages)}

    return on_body(change_body)


def streams(body: JsonObject) -> bool:
    return body.get("stream") is True


def has_tools(body: JsonObject) -> bool:
    return bool(body.get("tools"))


def has_two_choices(body: JsonObject) -> bool:
    return body.get("n") == 2


def has_schema(body: JsonObject) -> bool:
    response_format = body.get("response_format")
    return isinstance(response_format, dict) and response_format.get("type") == "json_schema"


def _messages(body: JsonObject) -> list[JsonObject]:
    messages = body.get("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def has_picture(body: JsonObject) -> bool:
    contents = (message.get("content") for message in _messages(body))
    return any(is_picture(part) for content in contents if isinstance(content, list) for part in content)


def has_tool_result(body: JsonObject) -> bool:
    return any(message.get("role") == "tool" for message in _messages(body))


def leak_stop_of_later_choices(answer: Answer, received: HttpRequest) -> Answer:
    """Lets every choice but the first go on beyond the stop text."""
    if b'"stop"' not in received.body or not re.search(rb'"n": ?2\b', received.body):
        return answer

    def edit(value: Any) -> Any:
        choices = [_leaked(choice) for choice in value.get("choices", ())]
        return {**value, "choices": choices} if choices else value

    return edit_any_answer(answer, edit)


def _leaked(choice: JsonObject) -> JsonObject:
    """A later choice that ended by itself, with the text after the stop text; any other choice as it is."""
    if not choice.get("index") or choice.get("finish_reason") != "stop":
        return choice
    if "text" in choice:
        return {**choice, "text": choice["text"] + LEAKED_TEXT}
    name = "message" if "message" in choice else "delta"
    part = choice.get(name) or {}
    return {**choice, name: {**part, "content": (part.get("content") or "") + LEAKED_TEXT}}


HOOKS: Mapping[str, FaultHooks] = {
    "usage-lost-beside-tools": ignore_if(has_tools, "stream_options"),
    "stop-leaks-in-later-choices": FaultHooks(on_answer=leak_stop_of_later_choices),
    "logprobs-lost-beside-tools": ignore_if(lambda body: streams(body) and has_tools(body), "logprobs", "top_logprobs"),
    "json-mode-lost-beside-tools": ignore_if(has_tools, "response_format"),
    "n-ignored-beside-schema": ignore_if(has_schema, "n"),
    "cap-ignored-beside-n": ignore_if(has_two_choices, *OUTPUT_CAP_MEMBERS),
    "tool-choice-ignored-beside-schema": ignore_if(has_schema, "tool_choice"),
    "developer-lost-beside-pictures": ignore_operator_if(has_picture),
    "developer-lost-beside-results": ignore_operator_if(has_tool_result),
    "instructions-lost-beside-tools": ignore_if(has_tools, "instructions"),
    "echo-ignored-in-streams": ignore_if(streams, "echo"),
}
