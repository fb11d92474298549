"""Faults of the typed events of a streamed response, and of the functions that a response calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import either, every_chunk, plain
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.faults.request_edits import Body
from wireproof.mock.faults.responses_input import responding
from wireproof.mock.faults.stream_edits import Events, half, is_json, repeated, telling, typed
from wireproof.mock.protocol.answers import Answer, OutgoingEvent

ENDS = ("response.completed", "response.incomplete", "response.failed")
ARGUMENTS = "response.function_call_arguments"
ERROR = {"code": "server_error", "message": "The model failed to generate a response."}
# A call as models write it that were not told how the server reads it.
MARKUP = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'


def is_typed(events: Events) -> bool:
    return any(typed("response.created")(event) for event in events)


def retelling(change: Callable[[Events], Events]) -> Lapse:
    """A lapse that tells the events of a response otherwise, numbered as they then are."""

    def changed(events: Events) -> Events:
        return numbered(change(events)) if is_typed(events) else events

    return telling(changed)


def numbered(events: Events) -> Events:
    return tuple(
        replace(event, data={**event.data, "sequence_number": place}) if is_json(event) else event
        for place, event in enumerate(events)
    )


def without_kind(*kinds: str) -> Lapse:
    return retelling(lambda events: tuple(event for event in events if event.data["type"] not in kinds))


def named(data: Any) -> OutgoingEvent:
    return OutgoingEvent(data, data["type"])


def failed(events: Events, error: Any) -> OutgoingEvent:
    """The response, given up."""
    given = events[0].data["response"]
    return named({"type": "response.failed", "response": {**given, "status": "failed", "error": error}})


def error(**members: Any) -> OutgoingEvent:
    return named({"type": "error", **members})


def whole_error() -> OutgoingEvent:
    return error(**ERROR, param=None)


def goes_on(events: Events) -> Events:
    """An error stands in the middle, and the rest follows it."""
    return (*half(events), whole_error(), *events[len(half(events)) :])


def late_delta(events: Events) -> Events:
    """The last text comes after the end."""
    texts = [place for place, event in enumerate(events) if event.data["type"].endswith(".delta")]
    return events if not texts else (*events[: texts[-1]], *events[texts[-1] + 1 :], events[texts[-1]])


def arguments_lost(events: Events) -> Events:
    """The last fragment of the arguments is lost."""
    found = [place for place, event in enumerate(events) if event.data["type"] == f"{ARGUMENTS}.delta"]
    return events if not found else (*events[: found[-1]], *events[found[-1] + 1 :])


def each_call(change: Callable[[Any], Any]) -> Lapse:
    """A lapse that tells each function call otherwise, when it is done and in the response."""

    def changed(value: Any) -> Any:
        holders = [value, value.get("response") or {}] if isinstance(value, dict) else []
        for holder in holders:
            made = [change(item) if is_call(item) else item for item in holder.get("output") or ()]
            if made:
                holder["output"] = made
            if is_call(holder.get("item")) and holder["item"].get("status") != "in_progress":
                holder["item"] = change(holder["item"])
        return value

    return Lapse(say=lambda answer, received: either(answer, changed))


def is_call(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call"


def unfit(call: Any) -> Any:
    """A member that the parameters ask for has another name."""
    return {**call, "arguments": json.dumps({"location": "Paris"})}


def as_text(value: Any) -> Any:
    """The calls stand in the text of a message, as the model wrote them."""
    output = value.get("output") if isinstance(value, dict) else None
    if not output or not is_call(output[0]):
        return value
    part = {"type": "output_text", "text": MARKUP, "annotations": [], "logprobs": []}
    message = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return {**value, "output": [message]}


def in_streams(change: Callable[[Any], Any]) -> Callable[[Answer, Any], Answer]:
    return lambda answer, received: every_chunk(answer, change)


def other_city(value: Any) -> Any:
    """The calls of a stream are about another place, wherever it tells them."""
    return json.loads(json.dumps(value).replace("Paris", "Rome"))


def choosing(wanted: Callable[[Any], bool], heard: Any) -> Lapse:
    """A lapse that hears another choice among the functions."""

    def changed(body: Body) -> Body:
        return {**body, "tool_choice": heard} if wanted(body.get("tool_choice")) else body

    return responding(changed)


def deaf_to_outputs(body: Body) -> Body:
    """What a function answered is heard as an empty text."""
    given = body.get("input")
    items = given if isinstance(given, list) else []
    outputs = [is_output(item) for item in items]
    made = [{**item, "output": ""} if found else item for item, found in zip(items, outputs, strict=True)]
    return {**body, "input": made} if any(outputs) else body


def is_output(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call_output"


def kindly(body: Body) -> Body:
    """The output of a call that nobody made is heard as what the user says."""
    given = body.get("input")
    if not isinstance(given, list):
        return body
    made = [item.get("call_id") for item in given if is_call(item)]
    kept = [item for item in given if not is_output(item) or item.get("call_id") in made]
    return {**body, "input": kept}


def silent(value: Any) -> Any:
    """After the output of a function nothing is said."""
    return {**value, "output": []} if isinstance(value, dict) and "output" in value else value


def after_output(change: Callable[[Any], Any]) -> Lapse:
    """A lapse in what is said to the output of a function."""

    def say(answer: Answer, received: Any) -> Answer:
        return plain(answer, change) if b"function_call_output" in received.body else answer

    return Lapse(say=say)


LAPSES: Mapping[str, Lapse] = {
    "response-ends-twice": retelling(repeated(lambda value: value.get("type") in ENDS)),
    "response-delta-after-the-end": retelling(late_delta),
    "response-item-done-missing": without_kind("response.output_item.done"),
    "response-item-done-twice": retelling(repeated(lambda value: value.get("type") == "response.output_item.done")),
    "response-part-added-missing": without_kind("response.content_part.added"),
    "response-part-done-missing": without_kind("response.content_part.done"),
    "response-fails-midway": retelling(lambda events: (*half(events), failed(events, ERROR))),
    "response-error-midway": retelling(lambda events: (*half(events), whole_error())),
    "response-error-nested": retelling(lambda events: (*half(events), error(error={**ERROR, "param": None}))),
    "response-error-then-the-rest": retelling(goes_on),
    "response-error-without-message": retelling(lambda events: (*half(events), error(code=None, param=None))),
    "response-error-message-empty": retelling(lambda events: (*half(events), error(code=None, message="", param=None))),
    "response-failed-without-error": retelling(lambda events: (*half(events), failed(events, None))),
    "response-arguments-lost": retelling(arguments_lost),
    "response-arguments-done-missing": without_kind(f"{ARGUMENTS}.done"),
    "response-call-arguments-unfit": each_call(unfit),
    "response-call-arguments-cut": each_call(lambda call: {**call, "arguments": call["arguments"][:-1]}),
    "response-call-ids-same": each_call(lambda call: {**call, "call_id": "call_0"}),
    "response-call-as-text": Lapse(say=lambda answer, received: plain(answer, as_text)),
    "response-stream-calls-otherwise": Lapse(say=in_streams(other_city)),
    "response-tools-ignored": responding(
        lambda body: {name: value for name, value in body.items() if name not in ("tools", "tool_choice")}
    ),
    "response-tool-choice-none-ignored": choosing(lambda given: given == "none", "required"),
    "response-tool-choice-named-ignored": choosing(lambda given: isinstance(given, dict), "none"),
    "response-tool-choice-required-ignored": choosing(lambda given: given == "required", "none"),
    "response-call-output-ignored": responding(deaf_to_outputs),
    "response-call-output-of-nobody-accepted": responding(kindly),
    "response-call-output-unanswered": after_output(silent),
}
