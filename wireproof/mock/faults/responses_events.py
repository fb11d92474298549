"""Faults of the typed events of a streamed response, and of the functions that a response calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import edit_any_answer, edit_every_chunk, edit_whole_answer
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import JsonObject
from wireproof.mock.faults.responses_input import on_response_body
from wireproof.mock.faults.stream_edits import Events, first_half, has_type, is_json, on_stream, repeat_first
from wireproof.mock.protocol.answers import Answer, OutgoingEvent

FINAL_EVENT_TYPES = ("response.completed", "response.incomplete", "response.failed")
CALL_ARGUMENTS_EVENT = "response.function_call_arguments"
FAILED_RESPONSE_ERROR = {"code": "server_error", "message": "The model failed to generate a response."}
# A call as models write it that were not told how the server reads it.
TOOL_CALL_MARKUP = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'


def is_response_stream(events: Events) -> bool:
    return any(has_type("response.created")(event) for event in events)


def on_response_stream(change: Callable[[Events], Events]) -> FaultHooks:
    """A lapse that tells the events of a response otherwise, numbered as they then are."""

    def change_events(events: Events) -> Events:
        return renumber_events(change(events)) if is_response_stream(events) else events

    return on_stream(change_events)


def renumber_events(events: Events) -> Events:
    return tuple(
        replace(event, data={**event.data, "sequence_number": place}) if is_json(event) else event
        for place, event in enumerate(events)
    )


def without_types(*kinds: str) -> FaultHooks:
    return on_response_stream(lambda events: tuple(event for event in events if event.data["type"] not in kinds))


def typed_event(data: Any) -> OutgoingEvent:
    return OutgoingEvent(data, data["type"])


def failed_event(events: Events, error: Any) -> OutgoingEvent:
    """The response, given up."""
    given = events[0].data["response"]
    return typed_event({"type": "response.failed", "response": {**given, "status": "failed", "error": error}})


def response_error_event(**members: Any) -> OutgoingEvent:
    return typed_event({"type": "error", **members})


def full_error_event() -> OutgoingEvent:
    return response_error_event(**FAILED_RESPONSE_ERROR, param=None)


def add_error_in_middle(events: Events) -> Events:
    """An error stands in the middle, and the rest follows it."""
    return (*first_half(events), full_error_event(), *events[len(first_half(events)) :])


def move_last_delta_to_end(events: Events) -> Events:
    """The last text comes after the end."""
    texts = [place for place, event in enumerate(events) if event.data["type"].endswith(".delta")]
    return events if not texts else (*events[: texts[-1]], *events[texts[-1] + 1 :], events[texts[-1]])


def drop_last_fragment(events: Events) -> Events:
    """The last fragment of the arguments is lost."""
    found = [place for place, event in enumerate(events) if event.data["type"] == f"{CALL_ARGUMENTS_EVENT}.delta"]
    return events if not found else (*events[: found[-1]], *events[found[-1] + 1 :])


def on_each_call(change: Callable[[Any], Any]) -> FaultHooks:
    """A lapse that tells each function call otherwise, when it is done and in the response."""

    def change_value(value: Any) -> Any:
        holders = [value, value.get("response") or {}] if isinstance(value, dict) else []
        for holder in holders:
            made = [change(item) if is_call(item) else item for item in holder.get("output") or ()]
            if made:
                holder["output"] = made
            if is_call(holder.get("item")) and holder["item"].get("status") != "in_progress":
                holder["item"] = change(holder["item"])
        return value

    return FaultHooks(on_answer=lambda answer, received: edit_any_answer(answer, change_value))


def is_call(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call"


def with_unfit_arguments(call: Any) -> Any:
    """A member that the parameters ask for has another name."""
    return {**call, "arguments": json.dumps({"location": "Paris"})}


def calls_as_text(value: Any) -> Any:
    """The calls stand in the text of a message, as the model wrote them."""
    output = value.get("output") if isinstance(value, dict) else None
    if not output or not is_call(output[0]):
        return value
    part = {"type": "output_text", "text": TOOL_CALL_MARKUP, "annotations": [], "logprobs": []}
    message = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return {**value, "output": [message]}


def on_stream_values(change: Callable[[Any], Any]) -> Callable[[Answer, Any], Answer]:
    return lambda answer, received: edit_every_chunk(answer, change)


def about_other_city(value: Any) -> Any:
    """The calls of a stream are about another place, wherever it tells them."""
    return json.loads(json.dumps(value).replace("Paris", "Rome"))


def replace_tool_choice(wanted: Callable[[Any], bool], heard: Any) -> FaultHooks:
    """A lapse that hears another choice among the functions."""

    def change_body(body: JsonObject) -> JsonObject:
        return {**body, "tool_choice": heard} if wanted(body.get("tool_choice")) else body

    return on_response_body(change_body)


def empty_call_outputs(body: JsonObject) -> JsonObject:
    """What a function answered is heard as an empty text."""
    given = body.get("input")
    items = given if isinstance(given, list) else []
    outputs = [is_call_output(item) for item in items]
    made = [{**item, "output": ""} if found else item for item, found in zip(items, outputs, strict=True)]
    return {**body, "input": made} if any(outputs) else body


def is_call_output(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call_output"


def drop_orphan_outputs(body: JsonObject) -> JsonObject:
    """The output of a call that nobody made is heard as what the user says."""
    given = body.get("input")
    if not isinstance(given, list):
        return body
    made = [item.get("call_id") for item in given if is_call(item)]
    kept = [item for item in given if not is_call_output(item) or item.get("call_id") in made]
    return {**body, "input": kept}


def without_output(value: Any) -> Any:
    """After the output of a function nothing is said."""
    return {**value, "output": []} if isinstance(value, dict) and "output" in value else value


def on_call_output(change: Callable[[Any], Any]) -> FaultHooks:
    """A lapse in what is said to the output of a function."""

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
    "response-tool-choice-none-ignored": replace_tool_choice(lambda given: given == "none", "required"),
    "response-tool-choice-named-ignored": replace_tool_choice(lambda given: isinstance(given, dict), "none"),
    "response-tool-choice-required-ignored": replace_tool_choice(lambda given: given == "required", "none"),
    "response-call-output-ignored": on_response_body(empty_call_outputs),
    "response-call-output-of-nobody-accepted": on_response_body(drop_orphan_outputs),
    "response-call-output-unanswered": on_call_output(without_output),
}
