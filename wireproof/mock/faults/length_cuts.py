"""Faults of answers that the token cap cuts off: reported as whole, or cut inside a character."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import chunk_calls, edit_whole_answer, has_finish
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import is_json
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer, StreamAnswer, event_bytes, json_bytes
from wireproof.mock.protocol.messages import HttpRequest

REPLACEMENT_MARK = "\ufffd"
CutCharacter = Callable[[str], str]


def finish_cut_call_as(reason: str) -> FaultHooks:
    """Hooks that give another finish_reason to a call that the cap cut off."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if isinstance(answer, StreamAnswer):
            has_calls = any(chunk_calls(event.data) for event in answer.events if is_json(event))
            return replace(answer, events=tuple(map(change_event, answer.events))) if has_calls else answer
        return edit_whole_answer(answer, change_value)

    def change_value(value: Any) -> Any:
        for choice in value.get("choices") or ():
            if choice.get("finish_reason") == "length" and choice.get("message", {}).get("tool_calls"):
                choice["finish_reason"] = reason
        return value

    def change_event(event: OutgoingEvent) -> OutgoingEvent:
        for choice in (event.data.get("choices") or ()) if is_json(event) else ():
            if choice.get("finish_reason") == "length":
                choice["finish_reason"] = reason
        return event

    return FaultHooks(on_answer=change_answer)


def drop_cut_call(answer: Answer, received: HttpRequest) -> Answer:
    """Drops a call that the cap cut off, and ends the answer with stop."""
    return edit_whole_answer(answer, without_cut_calls)


def without_cut_calls(value: Any) -> Any:
    for choice in value.get("choices") or ():
        if choice.get("finish_reason") == "length" and choice.get("message", {}).pop("tool_calls", None):
            choice |= {"finish_reason": "stop", "message": {**choice["message"], "content": ""}}
    return value


def cut_last_character(cut: CutCharacter) -> FaultHooks:
    """Hooks that cut the last character of a text that the cap cut off, if it is not ASCII."""

    def shorten(text: Any) -> Any:
        return text[:-1] + cut(text[-1]) if isinstance(text, str) and text and ord(text[-1]) > 127 else text

    def change_value(value: Any) -> Any:
        for choice in value.get("choices") or ():
            if choice.get("finish_reason") == "length":
                choice["message"] |= {"content": shorten(choice["message"].get("content"))}
        return value

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if isinstance(answer, StreamAnswer):
            last = last_text_place(answer.events)
            for choice in answer.events[last].data["choices"] if last >= 0 else ():
                choice["delta"] |= {"content": shorten(choice["delta"]["content"])}
            return answer
        return edit_whole_answer(answer, change_value)

    return FaultHooks(on_answer=change_answer)


def last_text_place(events: tuple[OutgoingEvent, ...]) -> int:
    """Returns the index of the last text of a stream that the cap cuts off; -1 if there is none."""
    final_events = [event for event in events if is_json(event) and has_finish(event.data)]
    if not any(choice.get("finish_reason") == "length" for event in final_events for choice in event.data["choices"]):
        return -1
    places = [
        place
        for place, event in enumerate(events)
        if is_json(event) and any((choice.get("delta") or {}).get("content") for choice in event.data["choices"])
    ]
    return places[-1] if places else -1


def high_surrogate(character: str) -> str:
    """Returns the first half of a character in UTF-16, as JSON escapes it."""
    return character.encode("utf-16-be", "surrogatepass")[:2].decode("utf-16-be", "surrogatepass")


def cut_character_in_bytes(answer: Answer, received: HttpRequest) -> Answer:
    """Cuts the bytes of the last character in half."""
    marked = cut_last_character(lambda character: f"{REPLACEMENT_MARK}{character}{REPLACEMENT_MARK}").on_answer(
        answer, received
    )
    if isinstance(marked, StreamAnswer):
        events = (
            OutgoingEvent(halve_marked_part(event_bytes(event))) if is_marked(event) else event
            for event in marked.events
        )
        return replace(marked, events=tuple(events))
    return replace(marked, value=halve_marked_part(json_bytes(marked.value))) if is_marked(marked) else marked


def is_marked(holder: OutgoingEvent | PlainAnswer) -> bool:
    value = holder.data if isinstance(holder, OutgoingEvent) else holder.value
    return isinstance(value, dict) and REPLACEMENT_MARK.encode() in json_bytes(value)


def halve_marked_part(data: bytes) -> bytes:
    """Cuts the bytes between two marks in half, and drops the marks."""
    before, middle, after = data.split(REPLACEMENT_MARK.encode(), 2)
    return before + middle[: len(middle) // 2] + after


def complete_cut_response(answer: Answer, received: HttpRequest) -> Answer:
    """Reports a response that the cap cuts off as completed."""
    if isinstance(answer, StreamAnswer):
        return replace(answer, events=tuple(map(as_completed, answer.events)))
    return edit_whole_answer(
        answer, lambda value: {**value, **COMPLETED_MEMBERS} if value.get("status") == "incomplete" else value
    )


COMPLETED_MEMBERS = {"status": "completed", "incomplete_details": None}


def as_completed(event: OutgoingEvent) -> OutgoingEvent:
    if not is_json(event) or event.data.get("type") != "response.incomplete":
        return event
    data = {**event.data, "type": "response.completed", "response": {**event.data["response"], **COMPLETED_MEMBERS}}
    return OutgoingEvent(data, "response.completed")


def without_reason(event: OutgoingEvent) -> OutgoingEvent:
    if not is_json(event) or event.data.get("type") != "response.incomplete":
        return event
    return replace(event, data={**event.data, "response": {**event.data["response"], "incomplete_details": None}})


def drop_incomplete_reason(answer: Answer, received: HttpRequest) -> Answer:
    """Drops the reason from the last event of a response that the cap cuts off."""
    return (
        replace(answer, events=tuple(map(without_reason, answer.events)))
        if isinstance(answer, StreamAnswer)
        else answer
    )


HOOKS: Mapping[str, FaultHooks] = {
    "tool-cut-as-tool-calls": finish_cut_call_as("tool_calls"),
    "tool-cut-as-stop": finish_cut_call_as("stop"),
    "tool-cut-lost": FaultHooks(on_answer=drop_cut_call),
    "character-cut-replaced": cut_last_character(lambda character: REPLACEMENT_MARK),
    "character-cut-to-surrogate": cut_last_character(high_surrogate),
    "character-cut-in-bytes": FaultHooks(on_answer=cut_character_in_bytes),
    "response-cut-as-completed": FaultHooks(on_answer=complete_cut_response),
    "response-cut-without-reason": FaultHooks(on_answer=drop_incomplete_reason),
}
