"""The events of a streamed response, in order and numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wireproof.mock.response_object import Response, text_part
from wireproof.mock.said import Event
from wireproof.mock.tokens import pieces
from wireproof.mock.tools import Call

Json = dict[str, Any]


def events(response: Response) -> tuple[Event, ...]:
    """Every event of the response, each named by its type."""
    return tuple(
        Event({"type": kind, "sequence_number": number, **members}, kind)
        for number, (kind, members) in enumerate(story(response))
    )


def story(response: Response) -> Iterator[tuple[str, Json]]:
    started = response.at("in_progress", [], None)
    yield "response.created", {"response": started}
    yield "response.in_progress", {"response": started}
    if response.spoken.calls:
        for index, call in enumerate(response.spoken.calls):
            yield from called(response, index, call)
    else:
        yield from spoken(response)
    yield f"response.{response.status}", {"response": response.whole()}


def spoken(response: Response) -> Iterator[tuple[str, Json]]:
    """The message: its item, its part, its text token by token, and each of them done."""
    opened = response.message_item("in_progress", [])
    at = {"item_id": opened["id"], "output_index": 0, "content_index": 0}
    yield "response.output_item.added", {"output_index": 0, "item": opened}
    yield "response.content_part.added", {**at, "part": text_part("")}
    for token in response.spoken.tokens:
        yield "response.output_text.delta", {**at, "delta": token, "logprobs": []}
    text = response.spoken.text
    yield "response.output_text.done", {**at, "text": text, "logprobs": []}
    yield "response.content_part.done", {**at, "part": text_part(text)}
    yield "response.output_item.done", {"output_index": 0, "item": response.items(response.status)[0]}


def called(response: Response, index: int, call: Call) -> Iterator[tuple[str, Json]]:
    """One function call: its item, its arguments in fragments, and both done."""
    opened = response.call_item(index, replace(call, arguments=""), "in_progress")
    at = {"item_id": opened["id"], "output_index": index}
    yield "response.output_item.added", {"output_index": index, "item": opened}
    for fragment in pieces(call.arguments):
        yield "response.function_call_arguments.delta", {**at, "delta": fragment}
    done = {**at, "name": call.name, "arguments": call.arguments}
    yield "response.function_call_arguments.done", done
    yield "response.output_item.done", {"output_index": index, "item": response.items(response.status)[index]}
