"""Faults about reasoning: shown where it was not asked for, or lost, doubled and put elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import deltas, plain
from wireproof.mock.faults.contract_changes import without_field
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body, heard_as
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.profile import Profile

MEMBER = "reasoning"
THOUGHT = re.compile(r"<think>.*?</think>\n?", re.S)
STARVED = {"error": {"message": "The model produced no text.", "type": "server_error", "param": None, "code": None}}


def switched(change: Callable[[Body, str], Body]) -> Lapse:
    """A lapse that hears another switch of the split, by the name that the profile has for it."""

    def hear(received: HttpRequest, profile: Profile) -> HttpRequest:
        row = profile.reasoning
        return received if row is None else heard_as(received, lambda body: change(body, row.request))

    return Lapse(hear=hear)


def set_to(value: bool, body: Body, name: str) -> Body:
    return {**body, name: value} if isinstance(body.get(name, value), bool) else body


def unasked(body: Body, name: str) -> Body:
    return body if name in body else {**body, name: False}


def each_choice(change: Callable[[Body], Body]) -> Lapse:
    """A lapse that tells each message with reasoning otherwise."""

    def told(value: Any) -> Any:
        choices = [{**one, "message": change(one["message"])} for one in value.get("choices", ()) if thinks(one)]
        return {**value, "choices": choices} if choices else value

    return Lapse(say=lambda answer, received: plain(answer, told))


def thinks(choice: Any) -> bool:
    return bool(choice.get("message", {}).get(MEMBER))


def without_thought(value: Any) -> Any:
    """The text of every choice without what stands between the tags."""
    for choice in value.get("choices", ()):
        message = choice.get("message", {})
        if isinstance(message.get("content"), str):
            message["content"] = THOUGHT.sub("", message["content"])
    return value


def uncounted(value: Any) -> Any:
    """The usage of an answer with reasoning counts the one token that all of it is taken for."""
    if not any(thinks(choice) for choice in value.get("choices", ())):
        return value
    usage = {**value["usage"], "completion_tokens": 0, "total_tokens": value["usage"]["prompt_tokens"]}
    return {**value, "usage": usage}


def starved(answer: Answer, received: HttpRequest) -> Answer:
    """An answer that was all thinking is told as a failure of the server."""
    choices = (
        answer.value.get("choices", ()) if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else ()
    )
    ended = any(choice.get("finish_reason") == "length" and thinks(choice) for choice in choices)
    return PlainAnswer(500, STARVED, answer.headers) if ended else answer


def late(answer: Answer, received: HttpRequest) -> Answer:
    """The deltas with reasoning come after those with content."""
    if not isinstance(answer, StreamAnswer):
        return answer
    thoughts = [event for event in answer.events if reasons(event)]
    rest = [event for event in answer.events if not reasons(event)]
    last = max((at for at, event in enumerate(rest) if speaks(event)), default=-1) + 1
    return replace(answer, events=(*rest[:last], *thoughts, *rest[last:]))


def reasons(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict) and any(delta.get(MEMBER) for delta in deltas(event.data))


def speaks(event: OutgoingEvent) -> bool:
    return isinstance(event.data, dict) and any(delta.get("content") for delta in deltas(event.data))


def each_content(change: Callable[[list[Any]], list[Any]]) -> Lapse:
    """A lapse that tells the parts of each message of a response otherwise, where one of them is reasoning."""

    def told(value: Any) -> Any:
        for item in value.get("output", ()):
            parts = item.get("content", [])
            if any(part.get("type") == "reasoning" for part in parts):
                item["content"] = change(parts)
        return value

    return Lapse(say=lambda answer, received: plain(answer, told))


def leaking(parts: list[Any]) -> list[Any]:
    """The tag that ended the thinking is left in the text."""
    return [part if part["type"] == "reasoning" else {**part, "text": f"</think>\n{part['text']}"} for part in parts]


def as_item(value: Any) -> Any:
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


LAPSES: Mapping[str, Lapse] = {
    "reasoning-switch-ignored": switched(lambda body, name: set_to(True, body, name)),
    "reasoning-never-split": switched(lambda body, name: set_to(False, body, name)),
    "reasoning-not-split-by-default": switched(unasked),
    "reasoning-switch-refused": without_field("reasoning_split"),
    "reasoning-leaks-tag": each_choice(lambda told: {**told, "content": f"</think>\n{told['content']}"}),
    "reasoning-doubled": each_choice(lambda told: {**told, "content": f"{told[MEMBER]}\n{told['content']}"}),
    "reasoning-swallows-answer": each_choice(
        lambda told: {**told, MEMBER: f"{told[MEMBER]}\n{told['content']}", "content": ""}
    ),
    "reasoning-dropped-inline": Lapse(say=lambda answer, received: plain(answer, without_thought)),
    "reasoning-uncounted": Lapse(say=lambda answer, received: plain(answer, uncounted)),
    "reasoning-starves-answer": Lapse(say=starved),
    "stream-reasoning-late": Lapse(say=late),
    "response-reasoning-last": each_content(lambda parts: parts[::-1]),
    "response-reasoning-missing": each_content(lambda parts: [one for one in parts if one["type"] != "reasoning"]),
    "response-reasoning-leaks-tag": each_content(leaking),
    "response-reasoning-as-item": Lapse(say=lambda answer, received: plain(answer, as_item)),
}
