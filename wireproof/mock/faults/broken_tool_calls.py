"""Faults of calls: told in pieces that do not fit together, by another name, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import calls, deltas, either, plain
from wireproof.mock.faults.conditional_errors import body_of
from wireproof.mock.faults.contract_changes import without_field, without_role
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.json_edits import Edit, at
from wireproof.mock.faults.request_edits import Body, hearing, ignoring, taking
from wireproof.mock.faults.stream_edits import Events, each_value, is_json, leaving_out, telling
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest

ARGUMENTS = "/choices/*/message/tool_calls/*/function/arguments"
DUMP = {"detail": [{"loc": ["body", "messages", 1, "content"], "msg": "Input should be a valid string"}]}

TERMINAL = ("response.completed", "response.incomplete", "response.failed")


def saying(change: Edit, place: Callable[[Answer, Edit], Answer] = either) -> Lapse:
    """A lapse that changes the value of an answer, and of each chunk where the place reaches them."""
    return Lapse(say=lambda answer, received: place(answer, change))


def whole_calls(events: Events) -> Events:
    """Each call of a stream comes in one piece, and no piece says which call it is of."""
    made: list[OutgoingEvent] = []
    joined: dict[Any, Any] = {}
    for event in events:
        found = calls(event.data) if is_json(event) else []
        for call in found:
            kept = joined.setdefault(call.pop("index"), call)
            if kept is not call:
                kept["function"]["arguments"] += call["function"]["arguments"]
        if not found or found[0] in joined.values():
            made.append(event)
    return tuple(made)


def garbled(place: int, value: Any) -> Any:
    """Names and arguments are bits of the model's own markup, and the ids are empty."""
    for call in calls(value):
        named = "name" in call["function"]
        call["function"] |= {"name": '"}'} if named else {"arguments": '[ARGS]{"'}
        call["id"] = ""
    return value


def progress(place: int, value: Any) -> Any:
    """A chunk with a call says only that one is being made."""
    if not calls(value):
        return value
    choices = [{**choice, "delta": {}} for choice in value["choices"]]
    return {**value, "choices": choices, "tool_call_generating": True}


def stopped(place: int, value: Any) -> Any:
    """A stream that ends with calls says that it stopped."""
    for choice in value.get("choices") or ():
        if choice.get("finish_reason") in ("tool_calls", "function_call"):
            choice["finish_reason"] = "stop"
    return value


def counted(place: int, value: Any) -> Any:
    """Every chunk has the counts up to it."""
    return {**value, "usage": {"prompt_tokens": 10, "completion_tokens": place, "total_tokens": 10 + place}}


def one_argument_more(arguments: Any) -> Any:
    try:
        return json.dumps({**json.loads(arguments), "note": "as asked"})
    except (ValueError, TypeError):
        return arguments


def empty_list_dumped(answer: Answer, received: HttpRequest) -> Answer:
    """A message whose content is an empty array is refused with what the validator says."""
    given = body_of(received).get("messages")
    empty = isinstance(given, list) and any(isinstance(one, dict) and one.get("content") == [] for one in given)
    return PlainAnswer(422, DUMP, answer.headers) if empty and answer.status < 400 else answer


def with_functions(body: Body) -> Body:
    """Functions are heard as tools, and so the answer is in the newer form."""
    if not isinstance(body.get("functions"), list):
        return body
    kept = {name: value for name, value in body.items() if name not in ("functions", "function_call")}
    return {**kept, "tools": [{"type": "function", "function": one} for one in body["functions"]]}


def functions(change: Callable[[Any], Any], *, streamed: bool = True) -> Lapse:
    """A lapse that changes each function call of the older form."""

    def changed(value: Any) -> Any:
        messages = [choice.get("message") or {} for choice in value.get("choices") or ()]
        for holder in (*messages, *deltas(value)):
            if holder.get("function_call"):
                holder["function_call"] = change(holder["function_call"])
        return value

    return saying(changed, either if streamed else plain)


def renamed_first(events: Events) -> Events:
    """Every piece of a function call repeats its name."""
    return tuple(
        replace(event, data=each_named(event.data)) if is_json(event) and event.data.get("choices") else event
        for event in events
    )


def each_named(value: Any) -> Any:
    for delta in deltas(value):
        if "function_call" in delta:
            delta["function_call"] = {"name": "get_weather", **delta["function_call"]}
    return value


def any_tool(body: Body) -> Body:
    """A choice that is limited to some tools demands a call of any."""
    given = body.get("tool_choice")
    limited = isinstance(given, dict) and given.get("type") == "allowed_tools"
    return {**body, "tool_choice": "required"} if limited else body


def empty_delta_first(events: Events) -> Events:
    """The arguments of each function call of a response begin with an empty delta."""
    made: list[OutgoingEvent] = []
    for event in events:
        told = event.data.get("type") if is_json(event) else None
        again = bool(made) and is_json(made[-1]) and made[-1].data.get("type") == told
        if told == "response.function_call_arguments.delta" and not again:
            made.append(replace(event, data={**event.data, "delta": ""}))
        made.append(event)
    return tuple(
        replace(event, data={**event.data, "sequence_number": place}) if is_json(event) else event
        for place, event in enumerate(made)
    )


def is_terminal(event: OutgoingEvent) -> bool:
    return is_json(event) and event.data.get("type") in TERMINAL


def object_of(call: Any) -> Any:
    return {**call, "arguments": {"city": "Paris"}}


LAPSES: Mapping[str, Lapse] = {
    "tool-stream-whole-without-index": telling(whole_calls),
    "tool-stream-garbled": each_value(garbled),
    "tool-stream-progress-alone": each_value(progress),
    "tool-stream-finish-stop": each_value(stopped),
    "response-terminal-filtered": leaving_out(is_terminal),
    "response-empty-arguments-delta": telling(empty_delta_first),
    "stream-usage-growing": each_value(counted),
    "tool-arguments-one-more": saying(at(ARGUMENTS, one_argument_more), plain),
    "empty-list-content-dumped": Lapse(say=empty_list_dumped),
    "allowed-tools-ignored": hearing(any_tool),
    "functions-ignored": ignoring("functions", "function_call"),
    "functions-as-tools": hearing(with_functions),
    "functions-refused": without_field("functions"),
    "function-role-refused": without_role("function"),
    "function-call-none-ignored": taking("function_call", lambda value: value == "none", "auto"),
    "function-call-named-ignored": taking("function_call", lambda value: isinstance(value, dict), "none"),
    "function-arguments-object": functions(object_of),
    "function-arguments-cut": functions(lambda call: {**call, "arguments": call["arguments"][:-1]}, streamed=False),
    "function-name-unknown": functions(lambda call: {**call, "name": "nonsense"} if "name" in call else call),
    "function-stream-name-repeated": telling(renamed_first),
}
