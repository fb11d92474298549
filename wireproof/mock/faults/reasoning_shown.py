"""Faults of reasoning: shown though not requested, missing, repeated, or in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import chunk_deltas, edit_whole_answer
from wireproof.mock.faults.contract_changes import without_field
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import change_json_body
from wireproof.mock.faults.stream_edits import on_stream
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile

REASONING_MEMBER = "reasoning"
THINK_TAGS = re.compile(r"<think>.*?</think>\n?", re.S)
NO_TEXT_ERROR = {
    "error": {"message": "The model produced no text.", "type": "server_error", "param": None, "code": None}
}


def reasoning_as_text(event: OutgoingEvent) -> OutgoingEvent:
    """A chunk whose pieces of reasoning are pieces of the text."""
    if not isinstance(event.data, dict) or not any(delta.get(REASONING_MEMBER) for delta in chunk_deltas(event.data)):
        return event
    choices = [{**choice, "delta": _delta_of_text(choice["delta"])} for choice in event.data["choices"]]
    return replace(event, data={**event.data, "choices": choices})


def _delta_of_text(delta: Mapping[str, Any]) -> dict[str, Any]:
    text = delta.get(REASONING_MEMBER)
    others = {name: value for name, value in delta.items() if name != REASONING_MEMBER}
    return {**others, "content": text} if text else others


def on_split_switch(change: Callable[[JsonObject, str], JsonObject]) -> FaultHooks:
    """Hooks that change the switch that splits off the reasoning; the profile gives its name."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        reasoning = profile.reasoning
        return (
            received if reasoning is None else change_json_body(received, lambda body: change(body, reasoning.request))
        )

    return FaultHooks(on_request=change_request)


def set_switch(value: bool, body: JsonObject, name: str) -> JsonObject:
    return {**body, name: value} if isinstance(body.get(name, value), bool) else body


def switch_off_by_default(body: JsonObject, name: str) -> JsonObject:
    return body if name in body else {**body, name: False}


def on_reasoning_message(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """Hooks that change each message with reasoning."""

    def change_value(value: Any) -> Any:
        choices = [
            {**choice, "message": change(choice["message"])}
            for choice in value.get("choices", ())
            if has_reasoning(choice)
        ]
        return {**value, "choices": choices} if choices else value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def has_reasoning(choice: Any) -> bool:
    return bool(choice.get("message", {}).get(REASONING_MEMBER))


def without_think_tags(value: Any) -> Any:
    """Removes the text between the think tags from every choice."""
    for choice in value.get("choices", ()):
        message = choice.get("message", {})
        if isinstance(message.get("content"), str):
            message["content"] = THINK_TAGS.sub("", message["content"])
    return value


def uncount_reasoning(value: Any) -> Any:
    """Drops the reasoning from the usage of an answer."""
    if not any(has_reasoning(choice) for choice in value.get("choices", ())):
        return value
    usage = {**value["usage"], "completion_tokens": 0, "total_tokens": value["usage"]["prompt_tokens"]}
    return {**value, "usage": usage}


def fail_without_text(answer: Answer, received: HttpRequest) -> Answer:
    """Answers with status 500 if the cap ended an answer in its reasoning."""
    choices = (
        answer.value.get("choices", ()) if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else ()
    )
    is_cut = any(choice.get("finish_reason") == "length" and has_reasoning(choice) for choice in choices)
    return PlainAnswer(500, NO_TEXT_ERROR, answer.headers) if is_cut else answer


def move_reasoning_to_end(answer: Answer, received: HttpRequest) -> Answer:
    """Moves the deltas with reasoning behind those with content."""
    if not isinstance(answer, StreamAnswer):
        return answer
    reasoning = [event for event in answer.events if is_reasoning_event(event)]
    others = [event for event in answer.events if not is_reasoning_event(event)]
    end = max((place for place, event in enumerate(others) if is_text_event(event)), default=-1) + 1
    return replace(answer, events=(*others[:end], *reasoning, *others[end:]))


def is_reasoning_event(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict) and any(delta.get(REASONING_MEMBER) for delta in chunk_deltas(event.data))


def is_text_event(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict) and any(delta.get("content") for delta in chunk_deltas(event.data))


def on_reasoning_parts(change: Callable[[list[Any]], list[Any]]) -> FaultHooks:
    """Hooks that change the parts of each message of a response that has reasoning."""

    def change_value(value: Any) -> Any:
        for item in value.get("output", ()):
            parts = item.get("content", [])
            if any(part.get("type") == "reasoning" for part in parts):
                item["content"] = change(parts)
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, change_value))


def leak_tag(parts: list[Any]) -> list[Any]:
    """Leaves the closing tag of the reasoning in the text."""
    return [part if part["type"] == "reasoning" else {**part, "text": f"</think>\n{part['text']}"} for part in parts]


def reasoning_as_item(value: Any) -> Any:
    """Moves the reasoning into an item of its own before the message, which is OpenAI's form."""
    items = []
    for item in value.get("output", ()):
        reasoning = [part for part in item.get("content", ()) if part.get("type") == "reasoning"]
        others = [part for part in item.get("content", ()) if part.get("type") != "reasoning"]
        items += (
            [{"id": f"rs_{item['id']}", "type": "reasoning", "summary": [], "content": reasoning}] if reasoning else []
        )
        items.append({**item, "content": others} if reasoning else item)
    return {**value, "output": items} if "output" in value else value


HOOKS: Mapping[str, FaultHooks] = {
    "reasoning-switch-ignored": on_split_switch(lambda body, name: set_switch(True, body, name)),
    "reasoning-never-split": on_split_switch(lambda body, name: set_switch(False, body, name)),
    "reasoning-not-split-by-default": on_split_switch(switch_off_by_default),
    "reasoning-switch-refused": without_field("reasoning_split"),
    "reasoning-leaks-tag": on_reasoning_message(
        lambda message: {**message, "content": f"</think>\n{message['content']}"}
    ),
    "reasoning-doubled": on_reasoning_message(
        lambda message: {**message, "content": f"{message[REASONING_MEMBER]}\n{message['content']}"}
    ),
    "reasoning-swallows-answer": on_reasoning_message(
        lambda message: {
            **message,
            REASONING_MEMBER: f"{message[REASONING_MEMBER]}\n{message['content']}",
            "content": "",
        }
    ),
    "reasoning-dropped-inline": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, without_think_tags)
    ),
    "reasoning-uncounted": FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, uncount_reasoning)),
    "reasoning-starves-answer": FaultHooks(on_answer=fail_without_text),
    "stream-reasoning-as-text": on_stream(lambda events: tuple(map(reasoning_as_text, events))),
    "stream-reasoning-late": FaultHooks(on_answer=move_reasoning_to_end),
    "response-reasoning-last": on_reasoning_parts(lambda parts: parts[::-1]),
    "response-reasoning-missing": on_reasoning_parts(
        lambda parts: [part for part in parts if part["type"] != "reasoning"]
    ),
    "response-reasoning-leaks-tag": on_reasoning_parts(leak_tag),
    "response-reasoning-as-item": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, reasoning_as_item)
    ),
}
