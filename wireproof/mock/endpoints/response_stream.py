"""The numbered events of a streamed response."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wireproof.mock.endpoints.obfuscation import is_obfuscated, padding_for
from wireproof.mock.endpoints.response_object import TEXT_MEMBERS, ResponseObject
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.protocol.answers import OutgoingEvent
from wireproof.mock.provider.body_validation import JsonObject

# Type of a part → the name that its events have.
EVENT_NAMES_BY_PART = {"output_text": "output_text", "reasoning": "reasoning_text", "refusal": "refusal"}


def build_events(response: ResponseObject) -> tuple[OutgoingEvent, ...]:
    """Returns every event of the response, each named by its type."""
    return tuple(
        OutgoingEvent({"type": kind, "sequence_number": number, **members}, kind)
        for number, (kind, members) in enumerate(describe_events(response))
    )


def describe_events(response: ResponseObject) -> Iterator[tuple[str, JsonObject]]:
    started = response.as_json_at("in_progress", [], None)
    yield "response.created", {"response": started}
    yield "response.in_progress", {"response": started}
    output_index = 0
    if response.has_reasoning_item:
        yield from reasoning_events(response)
        output_index = 1
    if response.has_message:
        yield from message_events(response, output_index)
        output_index += 1
    for index, call in enumerate(response.choice.calls):
        yield from call_events(response, output_index + index, index, call)
    yield f"response.{response.status}", {"response": response.as_json()}


def reasoning_events(response: ResponseObject) -> Iterator[tuple[str, JsonObject]]:
    """Yields the reasoning: its item, its summary if requested, and the finished item."""
    item = response.reasoning_item([])
    yield "response.output_item.added", {"output_index": 0, "item": item}
    for index, part in enumerate(response.reasoning_summary()):
        position = {"item_id": item["id"], "output_index": 0, "summary_index": index}
        yield "response.reasoning_summary_part.added", {**position, "part": {"type": "summary_text", "text": ""}}
        for token in tokenize(part["text"]):
            yield "response.reasoning_summary_text.delta", {**position, "delta": token}
        yield "response.reasoning_summary_text.done", {**position, "text": part["text"]}
        yield "response.reasoning_summary_part.done", {**position, "part": part}
    yield "response.output_item.done", {"output_index": 0, "item": response.output_items(response.status)[0]}


def message_events(response: ResponseObject, output_index: int) -> Iterator[tuple[str, JsonObject]]:
    """Yields the message: its item, its parts one after the other, and the finished item."""
    item = response.message_item("in_progress", [])
    yield "response.output_item.added", {"output_index": output_index, "item": item}
    for index, (kind, tokens) in enumerate(response.content_parts()):
        position = {"item_id": item["id"], "output_index": output_index, "content_index": index}
        yield from part_events(response, kind, tokens, position)
    yield (
        "response.output_item.done",
        {"output_index": output_index, "item": response.output_items(response.status)[output_index]},
    )


def part_events(
    response: ResponseObject, kind: str, tokens: tuple[str, ...], position: JsonObject
) -> Iterator[tuple[str, JsonObject]]:
    """Yields one part of the message: its start, its text token by token, and its end."""
    has_logprobs = response.has_annotations and kind == "output_text"
    is_padded = is_obfuscated(response.members, response.body)
    text = "".join(tokens)
    yield "response.content_part.added", {**position, "part": response.content_part(kind, "")}
    for token in tokens:
        logprobs: JsonObject = {"logprobs": response.logprobs([token])} if has_logprobs else {}
        padding: JsonObject = {"obfuscation": padding_for(token)} if is_padded else {}
        yield f"response.{EVENT_NAMES_BY_PART[kind]}.delta", {**position, "delta": token, **logprobs, **padding}
    all_logprobs: JsonObject = {"logprobs": response.logprobs(tokens)} if has_logprobs else {}
    whole: JsonObject = {TEXT_MEMBERS.get(kind, "text"): text, **all_logprobs}
    yield f"response.{EVENT_NAMES_BY_PART[kind]}.done", {**position, **whole}
    yield "response.content_part.done", {**position, "part": response.content_part(kind, text)}


def call_events(
    response: ResponseObject, output_index: int, index: int, call: Call
) -> Iterator[tuple[str, JsonObject]]:
    """Yields one call: its item, its arguments or its text in fragments, and its end."""
    item = response.call_item(index, replace(call, arguments=""), "in_progress")
    position = {"item_id": item["id"], "output_index": output_index}
    yield "response.output_item.added", {"output_index": output_index, "item": item}
    event = "custom_tool_call_input" if call.is_custom else "function_call_arguments"
    for fragment in tokenize(call.arguments):
        yield f"response.{event}.delta", {**position, "delta": fragment}
    whole = {"input": call.arguments} if call.is_custom else {"name": call.name, "arguments": call.arguments}
    yield f"response.{event}.done", {**position, **whole}
    yield (
        "response.output_item.done",
        {"output_index": output_index, "item": response.output_items(response.status)[output_index]},
    )
