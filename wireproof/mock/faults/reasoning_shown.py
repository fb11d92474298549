"""Faults about reasoning: shown where it was not asked for, or lost, doubled and put elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import chunk_deltas, edit_whole_answer
from wireproof.mock.faults.contract_changes import without_field
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import JsonObject, change_json_body
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

REASONING_MEMBER = "reasoning"
THINK_TAGS = re.compile(r"<think>.*?</think>\n?", re.S)
NO_TEXT_ERROR = {
    "error": {"message": "The model produced no text.", "type": "server_error", "param": None, "code": None}
}


def on_split_switch(change: Callable[[JsonObject, str], JsonObject]) -> FaultHooks:
    """A lapse that hears another switch of the split, by the name that the profile has for it."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        row = profile.reasoning
        return received if row is None else change_json_body(received, lambda body: change(body, row.request))

    return FaultHooks(on_request=change_request)


def set_switch(value: bool, body: JsonObject, name: str) -> JsonObject:
    return {**body, name: value} if isinstance(body.get(name, value), bool) else body


def switch_off_by_default(body: JsonObject, name: str) -> JsonObject:
    return body if name in body else {**body, name: False}


def on_reasoning_message(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """A lapse that tells each message with reasoning otherwise."""

    def change_value(value: Any) -> Any:
        choices = [{**one, "message": change(one["message"])} for one in value.get("choices", ()) if has_reasoning(one)]
        return {**value, "choices": choices} if choices else value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def has_reasoning(choice: Any) -> bool:
    return bool(choice.get("message", {}).get(REASONING_MEMBER))


def without_thought(value: Any) -> Any:
    """The text of every choice without what stands between the tags."""
    for choice in value.get("choices", ()):
        message = choice.get("message", {})
        if isinstance(message.get("content"), str):
            message["content"] = THINK_TAGS.sub("", message["content"])
    return value


def uncount_reasoning(value: Any) -> Any:
    """The usage of an answer with reasoning counts the one token that all of it is taken for."""
    if not any(has_reasoning(choice) for choice in value.get("choices", ())):
        return value
    usage = {**value["usage"], "completion_tokens": 0, "total_tokens": value["usage"]["prompt_tokens"]}
    return {**value, "usage": usage}


def fail_without_text(answer: Answer, received: HttpRequest) -> Answer:
    """An answer that was all thinking is told as a failure of the server."""
    choices = (
        answer.value.get("choices", ()) if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else ()
    )
    ended = any(choice.get("finish_reason") == "length" and has_reasoning(choice) for choice in choices)
    return PlainAnswer(500, NO_TEXT_ERROR, answer.headers) if ended else answer


def move_reasoning_to_end(answer: Answer, received: HttpRequest) -> Answer:
    """The deltas with reasoning come after those with content."""
    if not isinstance(answer, StreamAnswer):
        return answer
    thoughts = [event for event in answer.events if is_reasoning_event(event)]
    rest = [event for event in answer.events if not is_reasoning_event(event)]
    last = max((at for at, event in enumerate(rest) if is_text_event(event)), default=-1) + 1
    return replace(answer, events=(*rest[:last], *thoughts, *rest[last:]))


def is_reasoning_event(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict) and any(delta.get(REASONING_MEMBER) for delta in chunk_deltas(event.data))


def is_text_event(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict) and any(delta.get("content") for delta in chunk_deltas(event.data))


def on_reasoning_parts(change: Callable[[list[Any]], list[Any]]) -> FaultHooks:
    """A lapse that tells the parts of each message of a response otherwise, where one of them is reasoning."""

    def change_value(value: Any) -> Any:
        for item in value.get("output", ()):
            parts = item.get("content", [])
            if any(part.get("type") == "reasoning" for part in parts):
                item["content"] = change(parts)
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def leak_tag(parts: list[Any]) -> list[Any]:
    """The tag that ended the thinking is left in the text."""
    return [part if part["type"] == "reasoning" else {**part, "text": f"</think>\n{part['text']}"} for part in parts]


def reasoning_as_item(value: Any) -> Any:
    """The reasoning is an item of its own before the message, as OpenAI has it."""
    made = []
    for item in value.get("output", ()):
        thoughts = [part for part in item.get("content", ()) if part.get("type") == "reasoning"]
        rest = [part for part in item.get("content", ()) if part.get("type") != "reasoning"]
        made += (
            [{"id": f"rs_{item['id']}", "type": "reasoning", "summary": [], "content": thoughts}] if thoughts else []
        )
        made.append({**item, "content": rest} if thoughts else item)
    return {**value, "output": made} if "output" in value else value


HOOKS: Mapping[str, FaultHooks] = {
    "reasoning-switch-ignored": on_split_switch(lambda body, name: set_switch(True, body, name)),
    "reasoning-never-split": on_split_switch(lambda body, name: set_switch(False, body, name)),
    "reasoning-not-split-by-default": on_split_switch(switch_off_by_default),
    "reasoning-switch-refused": without_field("reasoning_split"),
    "reasoning-leaks-tag": on_reasoning_message(lambda told: {**told, "content": f"</think>\n{told['content']}"}),
    "reasoning-doubled": on_reasoning_message(
        lambda told: {**told, "content": f"{told[REASONING_MEMBER]}\n{told['content']}"}
    ),
    "reasoning-swallows-answer": on_reasoning_message(
        lambda told: {**told, REASONING_MEMBER: f"{told[REASONING_MEMBER]}\n{told['content']}", "content": ""}
    ),
    "reasoning-dropped-inline": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, without_thought)
    ),
    "reasoning-uncounted": FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, uncount_reasoning)),
    "reasoning-starves-answer": FaultHooks(on_answer=fail_without_text),
    "stream-reasoning-late": FaultHooks(on_answer=move_reasoning_to_end),
    "response-reasoning-last": on_reasoning_parts(lambda parts: parts[::-1]),
    "response-reasoning-missing": on_reasoning_parts(
        lambda parts: [one for one in parts if one["type"] != "reasoning"]
    ),
    "response-reasoning-leaks-tag": on_reasoning_parts(leak_tag),
    "response-reasoning-as-item": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, reasoning_as_item)
    ),
}
