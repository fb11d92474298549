"""Faults of one route or one form: keys, mistakes, parts of messages or ids are treated otherwise than elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wireproof.mock.faults.conditional_errors import CRASH_BODY, body_as_object
from wireproof.mock.faults.contract_changes import change_auth, open_endpoints
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import on_body, on_each_message
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

HALF_CHARACTER = b"\\ud83d"
NO_SUCH_CALL = {
    "error": {"message": "No tool call found.", "type": "invalid_request_error", "param": "input", "code": None}
}


def answer_where(wanted: Callable[[HttpRequest, Answer], bool], status: int, value: Any) -> FaultHooks:
    """Hooks that answer the wanted requests with this status and value."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return PlainAnswer(status, value, answer.headers) if wanted(received, answer) else answer

    return FaultHooks(on_answer=change_answer)


def lose_parts(*roles: str) -> FaultHooks:
    """Hooks that lose the text of the messages of these roles if it comes in parts."""

    def change_message(message: JsonObject) -> JsonObject:
        is_lost = message.get("role") in roles and isinstance(message.get("content"), list)
        return {**message, "content": ""} if is_lost else message

    return on_each_message(change_message)


def lose_output_parts(body: JsonObject) -> JsonObject:
    """Loses the output of a function of a response if it comes in parts."""
    items = body.get("input")
    if not isinstance(items, list):
        return body
    return {
        **body,
        "input": [{**item, "output": ""} if isinstance(item.get("output"), list) else item for item in items],
    }


def continues_a_call(received: HttpRequest, answer: Answer) -> bool:
    body = body_as_object(received)
    return "previous_response_id" in body and "function_call_output" in str(body.get("input"))


def is_malformed(received: HttpRequest, answer: Answer) -> bool:
    return received.method == "POST" and answer.status in (400, 422) and not body_as_object(received)


def small_if_embedded(body: JsonObject) -> JsonObject:
    """Draws a smaller picture if it is requested inside the answer."""
    return {**body, "size": "512x512"} if body.get("response_format") == "b64_json" else body


HOOKS: Mapping[str, FaultHooks] = {
    "embeddings-without-key-accepted": open_endpoints("embeddings"),
    "completions-without-key-accepted": open_endpoints("completions"),
    "responses-without-key-accepted": open_endpoints("responses"),
    "other-routes-any-key": change_auth(lets_in="any"),
    "system-parts-lost": lose_parts("system"),
    "developer-parts-lost": lose_parts("developer"),
    "assistant-parts-lost": lose_parts("assistant"),
    "tool-parts-lost": lose_parts("tool"),
    "output-parts-lost": on_body(lose_output_parts),
    "continued-call-unknown": answer_where(continues_a_call, 400, NO_SUCH_CALL),
    "malformed-answered": answer_where(is_malformed, 200, {"object": "list", "data": []}),
    "half-character-crashes": answer_where(lambda received, answer: HALF_CHARACTER in received.body, 500, CRASH_BODY),
    "method-unchecked": answer_where(
        lambda received, answer: answer.status == 405, 200, {"object": "list", "data": []}
    ),
    "unknown-response-answered": answer_where(lambda received, answer: answer.status == 404, 200, {}),
    "picture-smaller-if-embedded": on_body(small_if_embedded),
}
