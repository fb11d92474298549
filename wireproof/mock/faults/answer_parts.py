"""Faults by which the parts of an answer disagree with the whole: counts at a bound, items, ids, calls in the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.faults.answer_places import (
    chunk_calls,
    chunk_deltas,
    edit_any_answer,
    edit_every_chunk,
    edit_whole_answer,
)
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.stream_edits import Events, is_json, on_stream
from wireproof.mock.protocol.answers import Answer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

OUTPUT_COUNTS = ("completion_tokens", "output_tokens")
CALL_MARKUP = '<tool_call>\n{{"name": "{name}", "arguments": {arguments}'


def usages(value: Any) -> list[JsonObject]:
    """The token counts of an answer, of a chunk, or of the response in an event."""
    holders = (value, value.get("response")) if isinstance(value, dict) else ()
    return [holder["usage"] for holder in holders if isinstance(holder, dict) and isinstance(holder.get("usage"), dict)]


def is_cut(value: Any) -> bool:
    response = value.get("response") or value
    choices = value.get("choices") or ()
    return response.get("status") == "incomplete" or any(choice.get("finish_reason") == "length" for choice in choices)


def count_otherwise(difference: int) -> FaultHooks:
    """Hooks that add to the count of an answer that the token cap ended."""

    def recount(value: Any) -> Any:
        for usage in usages(value):
            for name in ("total_tokens", *OUTPUT_COUNTS):
                if name in usage:
                    usage[name] = max(0, usage[name] + difference)
        return value

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        if isinstance(answer, StreamAnswer):
            cut = any(is_json(event) and is_cut(event.data) for event in answer.events)
            return edit_every_chunk(answer, recount) if cut else answer
        return edit_whole_answer(answer, lambda value: recount(value) if is_cut(value) else value)

    return FaultHooks(on_answer=change_answer)


def count_in_streams(factor: int) -> FaultHooks:
    """Hooks by which a stream counts its tokens several times."""

    def recount(value: Any) -> Any:
        for usage in usages(value):
            for name in [name for name in usage if name.endswith("_tokens")]:
                usage[name] *= factor
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_every_chunk(answer, recount))


def on_items(change: Callable[[JsonObject, int, JsonObject], None]) -> FaultHooks:
    """Hooks that change each item of a whole response, given the response and the number of the item."""

    def change_value(value: Any) -> Any:
        response = value.get("response") or value
        for place, item in enumerate(response.get("output") or () if isinstance(response, dict) else ()):
            change(response, place, item)
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_any_answer(answer, change_value))


def complete_items(response: JsonObject, place: int, item: JsonObject) -> None:
    if response.get("status") == "incomplete" and "status" in item:
        item["status"] = "completed"


def leave_items_open(response: JsonObject, place: int, item: JsonObject) -> None:
    if response.get("status") == "completed" and "status" in item:
        item["status"] = "in_progress"


def share_id(name: str) -> Callable[[JsonObject, int, JsonObject], None]:
    def change(response: JsonObject, place: int, item: JsonObject) -> None:
        if name in item:
            item[name] = f"{name}_1"

    return change


def call_text(function: Mapping[str, Any], *, whole: bool, marked: bool = True) -> str:
    text = CALL_MARKUP.format(**function)
    text = text if not whole else text + "}\n</tool_call>"
    return text if marked else text.removeprefix("<tool_call>\n").removesuffix("\n</tool_call>")


def calls_in_text(*, cut: bool, marked: bool = True) -> Callable[[Any], Any]:
    """Returns a change that writes the calls of a message into its text, those that the cap cut off or the others."""

    def change_value(value: Any) -> Any:
        for choice in value.get("choices") or ():
            message, is_cut_off = choice.get("message") or {}, choice.get("finish_reason") == "length"
            calls = message.get("tool_calls")
            if not calls or is_cut_off != cut or calls[0].get("type") != "function":
                continue
            del message["tool_calls"]
            message["content"] = call_text(calls[0]["function"], whole=not cut, marked=marked)
            choice["finish_reason"] = "length" if cut else "stop"
        return value

    return change_value


def stream_calls_in_text(events: Events) -> Events:
    """Sends the fragments of each call as text."""
    for event in events:
        for delta in chunk_deltas(event.data) if is_json(event) else ():
            for call in delta.pop("tool_calls", ()):
                opening = f'<tool_call>\n{{"name": "{call["function"]["name"]}", "arguments": ' if "id" in call else ""
                delta["content"] = (delta.get("content") or "") + opening + call["function"]["arguments"]
        for choice in event.data.get("choices") or () if is_json(event) else ():
            if choice.get("finish_reason") == "tool_calls":
                choice["finish_reason"] = "stop"
    return events


def drop_repeated_fragment(events: Events) -> Events:
    """Drops the second fragment of the value of the first argument."""
    places = [
        place
        for place, event in enumerate(events)
        if is_json(event) and any(call["function"]["arguments"].strip('"{}: ,') for call in chunk_calls(event.data))
    ]
    return tuple(event for place, event in enumerate(events) if place != places[-1]) if len(places) > 1 else events


def empty_arguments(value: Any) -> Any:
    """Writes the arguments of a call without parameters as an empty text."""
    messages = [choice.get("message") or {} for choice in value.get("choices") or ()]
    holders = [call.get("function", {}) for message in messages for call in message.get("tool_calls") or ()]
    holders += [item for item in value.get("output") or () if isinstance(item, dict)]
    for holder in holders:
        if holder.get("arguments") == "{}":
            holder["arguments"] = ""
    return value


def without_braces(events: Events) -> Events:
    """Drops the fragments of arguments that are an empty object."""
    fragments = [
        [call["function"]["arguments"] for call in chunk_calls(event.data)] if is_json(event) else []
        for event in events
    ]
    if "".join(text for texts in fragments for text in texts) != "{}":
        return events
    return tuple(event for event, texts in zip(events, fragments, strict=True) if not any(texts))


def null_arguments(value: Any) -> Any:
    for choice in value.get("choices") or ():
        for call in (choice.get("message") or {}).get("tool_calls") or ():
            if call.get("function", {}).get("arguments") == "{}":
                call["function"]["arguments"] = "null"
    return value


HOOKS: Mapping[str, FaultHooks] = {
    "count-at-cap-one-less": count_otherwise(-1),
    "count-at-cap-one-more": count_otherwise(1),
    "count-in-stream-doubled": count_in_streams(2),
    "count-in-stream-zero": count_in_streams(0),
    "response-item-completed-in-cut": on_items(complete_items),
    "response-item-left-open": on_items(leave_items_open),
    "response-items-share-id": on_items(share_id("id")),
    "response-calls-share-id": on_items(share_id("call_id")),
    "call-in-text-cut": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, calls_in_text(cut=True))
    ),
    "call-in-text-bare": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, calls_in_text(cut=False, marked=False))
    ),
    "call-in-text-streamed": on_stream(stream_calls_in_text),
    "call-fragment-lost": on_stream(drop_repeated_fragment),
    "call-arguments-empty": FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, empty_arguments)),
    "call-arguments-null": FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, null_arguments)),
    "call-arguments-unsent": on_stream(without_braces),
}
