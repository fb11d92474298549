"""Faults of what the token cap cuts off: called whole, or cut inside a character."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import calls, finishes, plain
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.stream_edits import is_json
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer, event_bytes, json_bytes
from wireproof.mock.protocol.messages import HttpRequest

MARK = "\ufffd"
Cut = Callable[[str], str]


def ended_as(reason: str) -> Lapse:
    """A lapse that gives another reason where the cap has cut off a call."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if isinstance(answer, StreamAnswer):
            called = any(calls(event.data) for event in answer.events if is_json(event))
            return replace(answer, events=tuple(map(retold, answer.events))) if called else answer
        return plain(answer, whole)

    def whole(value: Any) -> Any:
        for choice in value.get("choices") or ():
            if choice.get("finish_reason") == "length" and choice.get("message", {}).get("tool_calls"):
                choice["finish_reason"] = reason
        return value

    def retold(event: OutgoingEvent) -> OutgoingEvent:
        for choice in (event.data.get("choices") or ()) if is_json(event) else ():
            if choice.get("finish_reason") == "length":
                choice["finish_reason"] = reason
        return event

    return Lapse(say=say)


def call_lost(answer: Answer, received: HttpRequest) -> Answer:
    """A call that the cap has cut off is thrown away, and the answer is said to have stopped."""
    return plain(answer, emptied)


def emptied(value: Any) -> Any:
    for choice in value.get("choices") or ():
        if choice.get("finish_reason") == "length" and choice.get("message", {}).pop("tool_calls", None):
            choice |= {"finish_reason": "stop", "message": {**choice["message"], "content": ""}}
    return value


def last_character(cut: Cut) -> Lapse:
    """A lapse that cuts the last character of a text that the cap cut off, where it is no ASCII."""

    def short(text: Any) -> Any:
        return text[:-1] + cut(text[-1]) if isinstance(text, str) and text and ord(text[-1]) > 127 else text

    def whole(value: Any) -> Any:
        for choice in value.get("choices") or ():
            if choice.get("finish_reason") == "length":
                choice["message"] |= {"content": short(choice["message"].get("content"))}
        return value

    def say(answer: Answer, received: HttpRequest) -> Answer:
        if isinstance(answer, StreamAnswer):
            last = last_text(answer.events)
            for choice in answer.events[last].data["choices"] if last >= 0 else ():
                choice["delta"] |= {"content": short(choice["delta"]["content"])}
            return answer
        return plain(answer, whole)

    return Lapse(say=say)


def last_text(events: tuple[OutgoingEvent, ...]) -> int:
    """The place of the last text of a stream that the cap cuts off; -1 where there is none."""
    ends = [event for event in events if is_json(event) and finishes(event.data)]
    if not any(choice.get("finish_reason") == "length" for event in ends for choice in event.data["choices"]):
        return -1
    told = [
        place
        for place, event in enumerate(events)
        if is_json(event) and any((choice.get("delta") or {}).get("content") for choice in event.data["choices"])
    ]
    return told[-1] if told else -1


def high_surrogate(character: str) -> str:
    """The first half of a character in UTF-16, as JSON escapes it."""
    return character.encode("utf-16-be", "surrogatepass")[:2].decode("utf-16-be", "surrogatepass")


def half_in_bytes(answer: Answer, received: HttpRequest) -> Answer:
    """The bytes of the last character stop halfway."""
    marked = last_character(lambda character: f"{MARK}{character}{MARK}").say(answer, received)
    if isinstance(marked, StreamAnswer):
        return replace(marked, events=tuple(OutgoingEvent(halved(event_bytes(one))) if is_marked(one) else one
                                            for one in marked.events))  # fmt: skip
    return replace(marked, value=halved(json_bytes(marked.value))) if is_marked(marked) else marked


def is_marked(one: OutgoingEvent | PlainAnswer) -> bool:
    held = one.data if isinstance(one, OutgoingEvent) else one.value
    return isinstance(held, dict) and MARK.encode() in json_bytes(held)


def halved(data: bytes) -> bytes:
    """The bytes with what stands between two marks cut in half."""
    before, middle, after = data.split(MARK.encode(), 2)
    return before + middle[: len(middle) // 2] + after


def response_completed(answer: Answer, received: HttpRequest) -> Answer:
    """A response that the cap cuts off is told to be complete."""
    if isinstance(answer, StreamAnswer):
        return replace(answer, events=tuple(map(completed, answer.events)))
    return plain(answer, lambda value: {**value, **WHOLE} if value.get("status") == "incomplete" else value)


WHOLE = {"status": "completed", "incomplete_details": None}


def completed(event: OutgoingEvent) -> OutgoingEvent:
    if not is_json(event) or event.data.get("type") != "response.incomplete":
        return event
    told = {**event.data, "type": "response.completed", "response": {**event.data["response"], **WHOLE}}
    return OutgoingEvent(told, "response.completed")


def without_reason(event: OutgoingEvent) -> OutgoingEvent:
    if not is_json(event) or event.data.get("type") != "response.incomplete":
        return event
    return replace(event, data={**event.data, "response": {**event.data["response"], "incomplete_details": None}})


def reason_lost(answer: Answer, received: HttpRequest) -> Answer:
    """The last event of a response that the cap cuts off does not tell why it ends."""
    return (
        replace(answer, events=tuple(map(without_reason, answer.events)))
        if isinstance(answer, StreamAnswer)
        else answer
    )


LAPSES: Mapping[str, Lapse] = {
    "tool-cut-as-tool-calls": ended_as("tool_calls"),
    "tool-cut-as-stop": ended_as("stop"),
    "tool-cut-lost": Lapse(say=call_lost),
    "character-cut-replaced": last_character(lambda character: MARK),
    "character-cut-to-surrogate": last_character(high_surrogate),
    "character-cut-in-bytes": Lapse(say=half_in_bytes),
    "response-cut-as-completed": Lapse(say=response_completed),
    "response-cut-without-reason": Lapse(say=reason_lost),
}
