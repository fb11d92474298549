"""The events of a streamed response, in order and numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wireproof.mock.endpoints.obfuscation import is_obfuscated, padding
from wireproof.mock.endpoints.response_object import Response
from wireproof.mock.model.tokenizer import tokenize
from wireproof.mock.model.tool_calls import Call
from wireproof.mock.protocol.answers import OutgoingEvent

Json = dict[str, Any]
# What the events of a part are named after.
TEXTS = {"output_text": "output_text", "reasoning": "reasoning_text"}


def events(response: Response) -> tuple[OutgoingEvent, ...]:
    """Every event of the response, each named by its type."""
    return tuple(
        OutgoingEvent({"type": kind, "sequence_number": number, **members}, kind)
        for number, (kind, members) in enumerate(story(response))
    )


def story(response: Response) -> Iterator[tuple[str, Json]]:
    started = response.at("in_progress", [], None)
    yield "response.created", {"response": started}
    yield "response.in_progress", {"response": started}
    first = 0
    if response.reasons:
        yield from summarised(response)
        first = 1
    if response.spoken.calls:
        for index, call in enumerate(response.spoken.calls):
            yield from called(response, first + index, index, call)
    else:
        yield from spoken(response, first)
    yield f"response.{response.status}", {"response": response.whole()}


def summarised(response: Response) -> Iterator[tuple[str, Json]]:
    """The thinking: its item, the summary of it where one is asked for, and the item done."""
    opened = response.reasoning_item([])
    yield "response.output_item.added", {"output_index": 0, "item": opened}
    for place, told in enumerate(response.summary()):
        at = {"item_id": opened["id"], "output_index": 0, "summary_index": place}
        yield "response.reasoning_summary_part.added", {**at, "part": {"type": "summary_text", "text": ""}}
        for token in tokenize(told["text"]):
            yield "response.reasoning_summary_text.delta", {**at, "delta": token}
        yield "response.reasoning_summary_text.done", {**at, "text": told["text"]}
        yield "response.reasoning_summary_part.done", {**at, "part": told}
    yield "response.output_item.done", {"output_index": 0, "item": response.items(response.status)[0]}


def spoken(response: Response, place: int) -> Iterator[tuple[str, Json]]:
    """The message: its item, its parts one after the other, and the item done."""
    opened = response.message_item("in_progress", [])
    yield "response.output_item.added", {"output_index": place, "item": opened}
    for number, (kind, tokens) in enumerate(response.parts()):
        at = {"item_id": opened["id"], "output_index": place, "content_index": number}
        yield from part(response, kind, tokens, at)
    yield "response.output_item.done", {"output_index": place, "item": response.items(response.status)[place]}


def part(response: Response, kind: str, tokens: tuple[str, ...], at: Json) -> Iterator[tuple[str, Json]]:
    """One part of the message: opened, its text token by token, and both done."""
    marked = response.annotated and kind == "output_text"
    padded = is_obfuscated(response.members, response.body)
    text = "".join(tokens)
    yield "response.content_part.added", {**at, "part": response.part(kind, "")}
    for token in tokens:
        marks: Json = {"logprobs": response.logprobs([token])} if marked else {}
        extras: Json = {"obfuscation": padding(token)} if padded else {}
        yield f"response.{TEXTS[kind]}.delta", {**at, "delta": token, **marks, **extras}
    closing: Json = {"logprobs": response.logprobs(tokens)} if marked else {}
    yield f"response.{TEXTS[kind]}.done", {**at, "text": text, **closing}
    yield "response.content_part.done", {**at, "part": response.part(kind, text)}


def called(response: Response, place: int, index: int, call: Call) -> Iterator[tuple[str, Json]]:
    """One function call: its item, its arguments in fragments, and both done."""
    opened = response.call_item(index, replace(call, arguments=""), "in_progress")
    at = {"item_id": opened["id"], "output_index": place}
    yield "response.output_item.added", {"output_index": place, "item": opened}
    for fragment in tokenize(call.arguments):
        yield "response.function_call_arguments.delta", {**at, "delta": fragment}
    done = {**at, "name": call.name, "arguments": call.arguments}
    yield "response.function_call_arguments.done", done
    yield "response.output_item.done", {"output_index": place, "item": response.items(response.status)[place]}
