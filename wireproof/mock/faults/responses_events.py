"""Faults of the typed events of a streamed response, and of its function calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import (
    FINAL_EVENT_TYPES,
    edit_any_answer,
    edit_every_chunk,
    edit_whole_answer,
)
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.responses_input import on_response_body
from wireproof.mock.faults.stream_edits import Events, first_half, has_type, is_json, on_stream, repeat_first
from wireproof.mock.protocol.answers import Answer, OutgoingEvent
from wireproof.mock.provider.body_validation import JsonObject

CALL_ARGUMENTS_EVENT = "response.function_call_arguments"
FAILED_RESPONSE_ERROR = {"code": "server_error", "message": "The model failed to generate a response."}
# A call in the markup of a model whose format the server does not parse.
TOOL_CALL_MARKUP = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'


def is_response_stream(events: Events) -> bool:
    return any(has_type("response.created")(event) for event in events)


def on_response_stream(change: Callable[[Events], Events]) -> FaultHooks:
    """Hooks that change the events of a response, and number them anew."""

    def change_events(events: Events) -> Events:
        return renumber_events(change(events)) if is_response_stream(events) else events

    return on_stream(change_events)


def renumber_events(events: Events) -> Events:
    return tuple(
        replace(event, data={**event.data, "sequence_number": place}) if is_json(event) else event
        for place, event in enumerate(events)
    )


def without_types(*types: str) -> FaultHooks:
    return on_response_stream(lambda events: tuple(event for event in events if event.data["type"] not in types))


def typed_event(data: Any) -> OutgoingEvent:
    return OutgoingEvent(data, data["type"])


def failed_event(events: Events, error: Any) -> OutgoingEvent:
    """Returns the last event of a response that failed."""
    response = events[0].data["response"]
    return typed_event({"type": "response.failed", "response": {**response, "status": "failed", "error": error}})


def response_error_event(**members: Any) -> OutgoingEvent:
    return typed_event({"type": "error", **members})


def full_error_event() -> OutgoingEvent:
    return response_error_event(**FAILED_RESPONSE_ERROR, param=None)


def add_error_in_middle(events: Events) -> Events:
    """Inserts an error in the middle of the stream."""
    return (*first_half(events), full_error_event(), *events[len(first_half(events)) :])


def move_last_delta_to_end(events: Events) -> Events:
    """Moves the last text behind the final event."""
    places = [place for place, event in enumerate(events) if event.data["type"].endswith(".delta")]
    return events if not places else (*events[: places[-1]], *events[places[-1] + 1 :], events[places[-1]])


def drop_last_fragment(events: Events) -> Events:
    """Drops the last fragment of the arguments."""
    places = [place for place, event in enumerate(events) if event.data["type"] == f"{CALL_ARGUMENTS_EVENT}.delta"]
    return events if not places else (*events[: places[-1]], *events[places[-1] + 1 :])


def on_each_call(change: Callable[[Any], Any]) -> FaultHooks:
    """Hooks that change each function call in its done event and in the response."""

    def change_value(value: Any) -> Any:
        holders = [value, value.get("response") or {}] if isinstance(value, dict) else []
        for holder in holders:
            output = [change(item) if is_call(item) else item for item in holder.get("output") or ()]
            if output:
                holder["output"] = output
            if is_call(holder.get("item")) and holder["item"].get("status") != "in_progress":
                holder["item"] = change(holder["item"])
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_any_answer(answer, change_value))


def is_call(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call"


def with_unfit_arguments(call: Any) -> Any:
    """Renames a required member of the arguments."""
    return {**call, "arguments": json.dumps({"location": "Paris"})}


def calls_as_text(value: Any) -> Any:
    """Writes the calls into the text of a message, in the model's own markup."""
    output = value.get("output") if isinstance(value, dict) else None
    if not output or not is_call(output[0]):
        return value
    part = {"type": "output_text", "text": TOOL_CALL_MARKUP, "annotations": [], "logprobs": []}
    message = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return {**value, "output": [message]}


def on_stream_values(change: Callable[[Any], Any]) -> Callable[[Answer, Any], Answer]:
    return lambda answer, received: edit_every_chunk(answer, change)


def about_other_city(value: Any) -> Any:
    """Changes the city in every event of a stream."""
    return json.loads(json.dumps(value).replace("Paris", "Rome"))


def replace_tool_choice(wanted: Callable[[Any], bool], choice: Any) -> FaultHooks:
    """Hooks that replace certain values of tool_choice."""

    def change_body(body: JsonObject) -> JsonObject:
        return {**body, "tool_choice": choice} if wanted(body.get("tool_choice")) else body

    return on_response_body(change_body)


def empty_call_outputs(body: JsonObject) -> JsonObject:
    """Replaces the output of every function call by an empty text."""
    items = body.get("input")
    outputs = items if isinstance(items, list) else []
    are_outputs = [is_call_output(item) for item in outputs]
    emptied = [
        {**item, "output": ""} if is_output else item for item, is_output in zip(outputs, are_outputs, strict=True)
    ]
    return {**body, "input": emptied} if any(are_outputs) else body


def is_call_output(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call_output"


def drop_orphan_outputs(body: JsonObject) -> JsonObject:
    """Drops outputs without a function call."""
    items = body.get("input")
    if not isinstance(items, list):
        return body
    call_ids = [item.get("call_id") for item in items if is_call(item)]
    remaining = [item for item in items if not is_call_output(item) or item.get("call_id") in call_ids]
    return {**body, "input": remaining}


def without_output(value: Any) -> Any:
    """Empties the output of the response."""
    return {**value, "output": []} if isinstance(value, dict) and "output" in value else value


def on_call_output(change: Callable[[Any], Any]) -> FaultHooks:
    """Hooks that change the answer to the output of a function."""

    def change_answer(answer: Answer, received: Any) -> Answer:
        return edit_whole_answer(answer, change) if b"function_call_output" in received.body else answer

    return FaultHooks(on_answer=change_answer)


HOOKS: Mapping[str, FaultHooks] = {
    "response-ends-twice": on_response_stream(repeat_first(lambda value: value.get("type") in FINAL_EVENT_TYPES)),
    "response-delta-after-the-end": on_response_stream(move_last_delta_to_end),
    "response-item-done-missing": without_types("response.output_item.done"),
    "response-item-done-twice": on_response_stream(
        repeat_first(lambda value: value.get("type") == "response.output_item.done")
    ),
    "response-part-added-missing": without_types("response.content_part.added"),
    "response-part-done-missing": without_types("response.content_part.done"),
    "response-fails-midway": on_response_stream(
        lambda events: (*first_half(events), failed_event(events, FAILED_RESPONSE_ERROR))
    ),
    "response-error-midway": on_response_stream(lambda events: (*first_half(events), full_error_event())),
    "response-error-nested": on_response_stream(
        lambda events: (*first_half(events), response_error_event(error={**FAILED_RESPONSE_ERROR, "param": None}))
    ),
    "response-error-then-the-rest": on_response_stream(add_error_in_middle),
    "response-error-without-message": on_response_stream(
        lambda events: (*first_half(events), response_error_event(code=None, param=None))
    ),
    "response-error-message-empty": on_response_stream(
        lambda events: (*first_half(events), response_error_event(code=None, message="", param=None))
    ),
    "response-failed-without-error": on_response_stream(
        lambda events: (*first_half(events), failed_event(events, None))
    ),
    "response-arguments-lost": on_response_stream(drop_last_fragment),
    "response-arguments-done-missing": without_types(f"{CALL_ARGUMENTS_EVENT}.done"),
    "response-call-arguments-unfit": on_each_call(with_unfit_arguments),
    "response-call-arguments-cut": on_each_call(lambda call: {**call, "arguments": call["arguments"][:-1]}),
    "response-call-ids-same": on_each_call(lambda call: {**call, "call_id": "call_0"}),
    "response-call-as-text": FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, calls_as_text)),
    "response-stream-calls-otherwise": FaultHooks(on_answer=on_stream_values(about_other_city)),
    "response-tools-ignored": on_response_body(
        lambda body: {name: value for name, value in body.items() if name not in ("tools", "tool_choice")}
    ),
    "response-tool-choice-none-ignored": replace_tool_choice(lambda choice: choice == "none", "required"),
    "response-tool-choice-named-ignored": replace_tool_choice(lambda choice: isinstance(choice, dict), "none"),
    "response-tool-choice-required-ignored": replace_tool_choice(lambda choice: choice == "required", "none"),
    "response-call-output-ignored": on_response_body(empty_call_outputs),
    "response-call-output-of-nobody-accepted": on_response_body(drop_orphan_outputs),
    "response-call-output-unanswered": on_call_output(without_output),
}
