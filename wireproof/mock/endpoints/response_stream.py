"""The events of a streamed response, in order and numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wireproof.mock.endpoints.obfuscation import is_obfuscated, padding_for
from wireproof.mock.endpoints.response_object import ResponseObject
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.protocol.answers import OutgoingEvent

JsonObject = dict[str, Any]
# What the events of a part are named after.
EVENT_NAMES_BY_PART = {"output_text": "output_text", "reasoning": "reasoning_text"}


def build_events(response: ResponseObject) -> tuple[OutgoingEvent, ...]:
    """Every event of the response, each named by its type."""
    return tuple(
        OutgoingEvent({"type": kind, "sequence_number": number, **members}, kind)
        for number, (kind, members) in enumerate(describe_events(response))
    )


def describe_events(response: ResponseObject) -> Iterator[tuple[str, JsonObject]]:
    started = response.as_json_at("in_progress", [], None)
    yield "response.created", {"response": started}
    yield "response.in_progress", {"response": started}
    first = 0
    if response.has_reasoning_item:
        yield from reasoning_events(response)
        first = 1
    if response.choice.calls:
        for index, call in enumerate(response.choice.calls):
            yield from call_events(response, first + index, index, call)
    else:
        yield from message_events(response, first)
    yield f"response.{response.status}", {"response": response.as_json()}


def reasoning_events(response: ResponseObject) -> Iterator[tuple[str, JsonObject]]:
    """The thinking: its item, the summary of it where one is asked for, and the item done."""
    opened = response.reasoning_item([])
    yield "response.output_item.added", {"output_index": 0, "item": opened}
    for place, told in enumerate(response.reasoning_summary()):
        at = {"item_id": opened["id"], "output_index": 0, "summary_index": place}
        yield "response.reasoning_summary_part.added", {**at, "part": {"type": "summary_text", "text": ""}}
        for token in tokenize(told["text"]):
            yield "response.reasoning_summary_text.delta", {**at, "delta": token}
        yield "response.reasoning_summary_text.done", {**at, "text": told["text"]}
        yield "response.reasoning_summary_part.done", {**at, "part": told}
    yield "response.output_item.done", {"output_index": 0, "item": response.output_items(response.status)[0]}


def message_events(response: ResponseObject, place: int) -> Iterator[tuple[str, JsonObject]]:
    """The message: its item, its parts one after the other, and the item done."""
    opened = response.message_item("in_progress", [])
    yield "response.output_item.added", {"output_index": place, "item": opened}
    for number, (kind, tokens) in enumerate(response.content_parts()):
        at = {"item_id": opened["id"], "output_index": place, "content_index": number}
        yield from part_events(response, kind, tokens, at)
    yield "response.output_item.done", {"output_index": place, "item": response.output_items(response.status)[place]}


def part_events(
    response: ResponseObject, kind: str, tokens: tuple[str, ...], at: JsonObject
) -> Iterator[tuple[str, JsonObject]]:
    """One part of the message: opened, its text token by token, and both done."""
    marked = response.has_annotations and kind == "output_text"
    padded = is_obfuscated(response.members, response.body)
    text = "".join(tokens)
    yield "response.content_part.added", {**at, "part": response.content_part(kind, "")}
    for token in tokens:
        marks: JsonObject = {"logprobs": response.logprobs([token])} if marked else {}
        extras: JsonObject = {"obfuscation": padding_for(token)} if padded else {}
        yield f"response.{EVENT_NAMES_BY_PART[kind]}.delta", {**at, "delta": token, **marks, **extras}
    closing: JsonObject = {"logprobs": response.logprobs(tokens)} if marked else {}
    yield f"response.{EVENT_NAMES_BY_PART[kind]}.done", {**at, "text": text, **closing}
    yield "response.content_part.done", {**at, "part": response.content_part(kind, text)}


def call_events(response: ResponseObject, place: int, index: int, call: Call) -> Iterator[tuple[str, JsonObject]]:
    """One function call: its item, its arguments in fragments, and both done."""
    opened = response.call_item(index, replace(call, arguments=""), "in_progress")
    at = {"item_id": opened["id"], "output_index": place}
    yield "response.output_item.added", {"output_index": place, "item": opened}
    for fragment in tokenize(call.arguments):
        yield "response.function_call_arguments.delta", {**at, "delta": fragment}
    done = {**at, "name": call.name, "arguments": call.arguments}
    yield "response.function_call_arguments.done", done
    yield "response.output_item.done", {"output_index": place, "item": response.output_items(response.status)[place]}
