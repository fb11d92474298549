"""Faults of stored chats and responses: lists, resumed streams, cancellation, deletion, foreign keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from wireproof.mock.faults.answer_places import edit_any_answer, edit_whole_answer
from wireproof.mock.faults.form_uploads import crash_on_request
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import on_body, on_header
from wireproof.mock.faults.responses_input import on_response_body
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile

CALL_TYPES, OUTPUT_TYPES = ("function_call",), ("function_call_output",)
# OpenAI's caches count in steps of this many tokens.
CACHED_STEP = 128


def on_query(change: Callable[[dict[str, str]], dict[str, str]]) -> FaultHooks:
    """Hooks that change the query of a request."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        query = dict(parse_qsl(received.query))
        return replace(received, query=urlencode(change(query))) if query else received

    return FaultHooks(on_request=change_request)


def ignore_parameters(wanted: Callable[[str], bool]) -> FaultHooks:
    return on_query(lambda query: {name: value for name, value in query.items() if not wanted(name)})


def shift_start(more: int) -> FaultHooks:
    """Hooks that resume a stream so many events later."""
    name = "starting_after"
    return on_query(
        lambda query: {**query, name: str(int(query[name]) + more)} if query.get(name, "").isdecimal() else query
    )


def number_from_zero(answer: Answer, received: HttpRequest) -> Answer:
    """Numbers the events of a resumed stream from zero."""
    if not isinstance(answer, StreamAnswer) or received.method != "GET":
        return answer
    events = [
        replace(event, data={**event.data, "sequence_number": number}) if isinstance(event.data, dict) else event
        for number, event in enumerate(answer.events)
    ]
    return replace(answer, events=tuple(events))


def cancel_plain_response(answer: Answer, received: HttpRequest) -> Answer:
    """Confirms the cancellation of a response that cannot be cancelled."""
    return PlainAnswer(200, {"object": "response", "status": "cancelled"}) if answer.status == 400 else answer


def only_read(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Reads what is to be deleted."""
    return replace(received, method="GET") if received.method == "DELETE" else received


def confirm_deletion(answer: Answer, received: HttpRequest) -> Answer:
    if received.method != "DELETE" or answer.status != 200:
        return answer
    return edit_whole_answer(
        answer, lambda value: {"object": "chat.completion.deleted", "id": value["id"], "deleted": True}
    )


def add_to_metadata(body: JsonObject) -> JsonObject:
    metadata = body.get("metadata")
    return {**body, "metadata": {"run": "wireproof", **metadata}} if isinstance(metadata, dict) else body


def keep_first_entry(value: Any) -> Any:
    """A list with its first entry alone."""
    return {**value, "data": value["data"][:1], "last_id": value["first_id"]}


def objects_of(body: JsonObject, name: str) -> list[JsonObject] | None:
    """The list of objects in a member; None if it is no such list."""
    value = body.get(name)
    is_list_of_objects = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return value if is_list_of_objects else None


def without_unanswered_calls(body: JsonObject) -> JsonObject:
    """Leaves out the calls that no output answers, and the response whose call stays unanswered."""
    if isinstance(body.get("input"), str) and body.get("tools"):
        return {name: value for name, value in body.items() if name != "previous_response_id"}
    items = objects_of(body, "input")
    if items is None:
        return body
    answered = [item.get("call_id") for item in items if item.get("type") in OUTPUT_TYPES]
    kept = [item for item in items if item.get("type") not in CALL_TYPES or item.get("call_id") in answered]
    return {**body, "input": kept}


def with_first_output_only(body: JsonObject) -> JsonObject:
    """Empties every output after the first."""
    items = objects_of(body, "input")
    if items is None:
        return body
    outputs = [item for item in items if item.get("type") in OUTPUT_TYPES]
    return {**body, "input": [{**item, "output": ""} if item in outputs[1:] else item for item in items]}


def without_reasoning_items(body: JsonObject) -> JsonObject:
    """Breaks an input that holds reasoning."""
    holds_reasoning = any(item.get("type") == "reasoning" for item in objects_of(body, "input") or ())
    return {**body, "input": 7} if holds_reasoning else body


def without_hosted_tools(body: JsonObject) -> JsonObject:
    """Leaves out the hosted tools, and the order to use one."""
    tools = objects_of(body, "tools")
    if tools is None:
        return body
    kept = [tool for tool in tools if tool.get("type") in ("function", "custom")]
    return {**body, "tools": kept} if kept else {key: body[key] for key in body if key not in ("tools", "tool_choice")}


def with_answered_calls(body: JsonObject) -> JsonObject:
    """Leaves out the calls of the last message, if nobody answers them."""
    messages = objects_of(body, "messages")
    is_unanswered = bool(messages) and "tool_calls" in (messages or [{}])[-1]
    return {**body, "messages": (messages or [])[:-1]} if is_unanswered else body


def without_last_event(answer: Answer, received: HttpRequest) -> Answer:
    """Ends a resumed stream before its last event."""
    is_resumed = isinstance(answer, StreamAnswer) and received.method == "GET"
    return replace(answer, events=answer.events[:-1]) if isinstance(answer, StreamAnswer) and is_resumed else answer


def with_answer_item(value: Any) -> Any:
    """A list of input items with one of the answer."""
    item = {"id": "msg_answer", "type": "message", "role": "assistant", "status": "completed", "content": []}
    return {**value, "data": [item, *value["data"]], "first_id": item["id"]}


def speech_as_text(answer: Answer, received: HttpRequest) -> Answer:
    """Streams the transcript of a sound as the text of the message."""

    def change(value: Any) -> Any:
        for choice in value.get("choices") or ():
            sound = choice["delta"].pop("audio", None)
            if sound:
                choice["delta"]["content"] = sound.get("transcript", "")
        return value

    return edit_any_answer(answer, change) if isinstance(answer, StreamAnswer) else answer


def holds_two_outputs(received: HttpRequest) -> bool:
    return received.body.count(b'"function_call_output"') > 1


def round_cached_up(answer: Answer, received: HttpRequest) -> Answer:
    """Counts the last step of the cached tokens as whole, beyond the prompt."""

    def change(value: Any) -> Any:
        usage = value.get("usage") if isinstance(value, dict) else None
        for name in ("prompt_tokens_details", "input_tokens_details"):
            details = usage.get(name) if isinstance(usage, dict) else None
            if isinstance(usage, dict) and details and details["cached_tokens"]:
                prompt = usage[name.removesuffix("_details")]
                rounded = {**details, "cached_tokens": (prompt // CACHED_STEP + 1) * CACHED_STEP}
                return {**value, "usage": {**usage, name: rounded}}
        return value

    return edit_whole_answer(answer, change)


HOOKS: Mapping[str, FaultHooks] = {
    "page-limit-ignored": ignore_parameters(lambda name: name == "limit"),
    "page-after-ignored": ignore_parameters(lambda name: name == "after"),
    "page-order-ignored": on_query(lambda query: {**query, "order": "asc"}),
    "page-filter-ignored": ignore_parameters(lambda name: name.startswith("metadata[")),
    "resume-as-json": ignore_parameters(lambda name: name == "stream"),
    "resume-from-start": ignore_parameters(lambda name: name == "starting_after"),
    "resume-skips-one": shift_start(1),
    "resume-repeats-one": shift_start(-1),
    "resume-ends-early": FaultHooks(on_answer=without_last_event),
    "resume-renumbered": FaultHooks(on_answer=number_from_zero),
    "input-items-with-answer": FaultHooks(
        on_answer=lambda answer, received: edit_whole_answer(answer, with_answer_item)
    ),
    "cancel-plain-accepted": FaultHooks(on_answer=cancel_plain_response),
    "chat-update-ignored": on_body(lambda body: {**body, "metadata": {}}),
    "chat-update-merges": on_body(add_to_metadata),
    "chat-deletion-for-show": FaultHooks(on_request=only_read, on_answer=confirm_deletion),
    "chat-messages-cut": FaultHooks(on_answer=lambda answer, received: edit_whole_answer(answer, keep_first_entry)),
    "stored-for-every-key": on_header("authorization", lambda value: value.replace("mock-small", "mock-standard")),
    "response-unanswered-call-accepted": on_response_body(without_unanswered_calls),
    "unanswered-call-accepted": on_body(with_answered_calls),
    "two-outputs-crash": crash_on_request(holds_two_outputs),
    "response-first-output-only": on_response_body(with_first_output_only),
    "response-reasoning-sent-back-refused": on_response_body(without_reasoning_items),
    "speech-stream-as-text": FaultHooks(on_answer=speech_as_text),
    "hosted-tool-ignored": on_response_body(without_hosted_tools),
    "cached-beyond-prompt": FaultHooks(on_answer=round_cached_up),
}
