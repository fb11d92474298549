"""Faults of tool and function calls: fragments that do not fit together, wrong names, calls that are missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import (
    FINAL_EVENT_TYPES,
    chunk_calls,
    chunk_deltas,
    edit_any_answer,
    edit_whole_answer,
)
from wireproof.mock.faults.conditional_errors import body_as_object
from wireproof.mock.faults.contract_changes import without_field, without_role
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.json_edits import Edit, edit_at
from wireproof.mock.faults.request_edits import accept_as, ignore_members, on_body
from wireproof.mock.faults.stream_edits import Events, drop_events, is_json, on_each_event, on_stream
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

CALL_ARGUMENTS_POINTER = "/choices/*/message/tool_calls/*/function/arguments"
VALIDATOR_DUMP = {"detail": [{"loc": ["body", "messages", 1, "content"], "msg": "Input should be a valid string"}]}


def on_value(change: Edit, place: Callable[[Answer, Edit], Answer] = edit_any_answer) -> FaultHooks:
    """Hooks that change the value of an answer, and of each chunk if the place includes streams."""
    return FaultHooks(on_answer=lambda answer, received: place(answer, change))


def join_call_fragments(events: Events) -> Events:
    """Joins the fragments of each streamed call into one, and leaves out the index."""
    remaining: list[OutgoingEvent] = []
    joined: dict[Any, Any] = {}
    for event in events:
        calls = chunk_calls(event.data) if is_json(event) else []
        for call in calls:
            whole = joined.setdefault(call.pop("index"), call)
            if whole is not call:
                whole["function"]["arguments"] += call["function"]["arguments"]
        if not calls or calls[0] in joined.values():
            remaining.append(event)
    return tuple(remaining)


def garble_calls(place: int, value: Any) -> Any:
    """Replaces names and arguments by bits of the model's own markup, and empties the ids."""
    for call in chunk_calls(value):
        has_name = "name" in call["function"]
        call["function"] |= {"name": '"}'} if has_name else {"arguments": '[ARGS]{"'}
        call["id"] = ""
    return value


def progress_without_calls(place: int, value: Any) -> Any:
    """Replaces the call of a chunk by a mark that a call is being generated."""
    if not chunk_calls(value):
        return value
    choices = [{**choice, "delta": {}} for choice in value["choices"]]
    return {**value, "choices": choices, "tool_call_generating": True}


def finish_as_stop(place: int, value: Any) -> Any:
    """Ends a stream of calls with the finish_reason stop."""
    for choice in value.get("choices") or ():
        if choice.get("finish_reason") in ("tool_calls", "function_call"):
            choice["finish_reason"] = "stop"
    return value


def with_growing_usage(place: int, value: Any) -> Any:
    """Adds to every chunk the token counts so far."""
    return {**value, "usage": {"prompt_tokens": 10, "completion_tokens": place, "total_tokens": 10 + place}}


def add_argument(arguments: Any) -> Any:
    try:
        return json.dumps({**json.loads(arguments), "note": "as asked"})
    except (ValueError, TypeError):
        return arguments


def dump_on_empty_list(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses a message whose content is an empty array with the raw output of a validator."""
    messages = body_as_object(received).get("messages")
    has_empty_content = isinstance(messages, list) and any(
        isinstance(message, dict) and message.get("content") == [] for message in messages
    )
    return PlainAnswer(422, VALIDATOR_DUMP, answer.headers) if has_empty_content else answer


def functions_as_tools(body: JsonObject) -> JsonObject:
    """Turns functions into tools, so that the answer has the newer form."""
    if not isinstance(body.get("functions"), list):
        return body
    others = {name: value for name, value in body.items() if name not in ("functions", "function_call")}
    return {**others, "tools": [{"type": "function", "function": function} for function in body["functions"]]}


def on_function_call(change: Callable[[Any], Any], *, streamed: bool = True) -> FaultHooks:
    """Hooks that change each function call of the older form."""

    def change_value(value: Any) -> Any:
        messages = [choice.get("message") or {} for choice in value.get("choices") or ()]
        for holder in (*messages, *chunk_deltas(value)):
            if holder.get("function_call"):
                holder["function_call"] = change(holder["function_call"])
        return value

    return on_value(change_value, edit_any_answer if streamed else edit_whole_answer)


def repeat_function_name(events: Events) -> Events:
    """Repeats the name of a function call in every fragment."""
    return tuple(
        replace(event, data=with_function_name(event.data)) if is_json(event) and event.data.get("choices") else event
        for event in events
    )


def with_function_name(value: Any) -> Any:
    for delta in chunk_deltas(value):
        if "function_call" in delta:
            delta["function_call"] = {"name": "get_weather", **delta["function_call"]}
    return value


def require_any_tool(body: JsonObject) -> JsonObject:
    """Turns a choice that is limited to some tools into a demand for any tool."""
    choice = body.get("tool_choice")
    is_limited = isinstance(choice, dict) and choice.get("type") == "allowed_tools"
    return {**body, "tool_choice": "required"} if is_limited else body


def add_empty_delta(events: Events) -> Events:
    """Begins the arguments of each function call of a response with an empty delta."""
    extended: list[OutgoingEvent] = []
    for event in events:
        kind = event.data.get("type") if is_json(event) else None
        continues = bool(extended) and is_json(extended[-1]) and extended[-1].data.get("type") == kind
        if kind == "response.function_call_arguments.delta" and not continues:
            extended.append(replace(event, data={**event.data, "delta": ""}))
        extended.append(event)
    return tuple(
        replace(event, data={**event.data, "sequence_number": place}) if is_json(event) else event
        for place, event in enumerate(extended)
    )


def is_terminal(event: OutgoingEvent) -> bool:
    return is_json(event) and event.data.get("type") in FINAL_EVENT_TYPES


def with_arguments_object(call: Any) -> Any:
    return {**call, "arguments": {"city": "Paris"}}


HOOKS: Mapping[str, FaultHooks] = {
    "tool-stream-whole-without-index": on_stream(join_call_fragments),
    "tool-stream-garbled": on_each_event(garble_calls),
    "tool-stream-progress-alone": on_each_event(progress_without_calls),
    "tool-stream-finish-stop": on_each_event(finish_as_stop),
    "response-terminal-filtered": drop_events(is_terminal),
    "response-empty-arguments-delta": on_stream(add_empty_delta),
    "stream-usage-growing": on_each_event(with_growing_usage),
    "tool-arguments-one-more": on_value(edit_at(CALL_ARGUMENTS_POINTER, add_argument), edit_whole_answer),
    "empty-list-content-dumped": FaultHooks(on_answer=dump_on_empty_list),
    "allowed-tools-ignored": on_body(require_any_tool),
    "functions-ignored": ignore_members("functions", "function_call"),
    "functions-as-tools": on_body(functions_as_tools),
    "functions-refused": without_field("functions"),
    "function-role-refused": without_role("function"),
    "function-call-none-ignored": accept_as("function_call", lambda value: value == "none", "auto"),
    "function-call-named-ignored": accept_as("function_call", lambda value: isinstance(value, dict), "none"),
    "function-arguments-object": on_function_call(with_arguments_object),
    "function-arguments-cut": on_function_call(
        lambda call: {**call, "arguments": call["arguments"][:-1]}, streamed=False
    ),
    "function-name-unknown": on_function_call(lambda call: {**call, "name": "nonsense"} if "name" in call else call),
    "function-stream-name-repeated": on_stream(repeat_function_name),
}
