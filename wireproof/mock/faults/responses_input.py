"""Faults of the input and the models of the Responses API, and of the headers that carry a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.contract_changes import change_auth, change_refusal
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import change_json_body, on_header
from wireproof.mock.faults.stream_edits import DONE_DATA
from wireproof.mock.protocol.answers import Answer, OutgoingEvent, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject
from wireproof.mock.provider.profile import Profile

REPLACED_INPUT = "hi"
# OpenAI's minimum of max_output_tokens.
MIN_OUTPUT_TOKENS = 16


def on_response_body(change: Callable[[JsonObject], JsonObject]) -> FaultHooks:
    """Hooks that change the body of a request for a response."""

    def change_request(received: HttpRequest, profile: Profile) -> HttpRequest:
        return change_json_body(received, change) if received.path.endswith("/responses") else received

    return FaultHooks(on_request=change_request)


def without_member(name: str, body: JsonObject) -> JsonObject:
    return {key: value for key, value in body.items() if key != name}


def on_content_parts(change: Callable[[list[Any]], Any]) -> FaultHooks:
    """Hooks that replace the content parts of each item or message."""

    def change_body(body: JsonObject) -> JsonObject:
        lists = {name: body[name] for name in ("input", "messages") if isinstance(body.get(name), list)}
        return {**body, **{name: [change_item(item) for item in items] for name, items in lists.items()}}

    def change_item(item: Any) -> Any:
        parts = item.get("content") if isinstance(item, dict) else None
        return {**item, "content": change(parts)} if isinstance(parts, list) else item

    return on_response_body(change_body)


def know_first_model_only(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Makes every model but the first of the catalogue unknown to the Responses API."""

    def change_model(body: JsonObject) -> JsonObject:
        is_known = body.get("model") == profile.catalogue[0].id or not isinstance(body.get("model"), str)
        return body if is_known else {**body, "model": "no-such-model"}

    return change_json_body(received, change_model) if received.path.endswith("/responses") else received


def accept_own_header(received: HttpRequest, profile: Profile) -> HttpRequest:
    """Accepts a key in the header `api-key` as well as in the documented one."""
    keys = [value for name, value in received.headers if name == "api-key"]
    headers = ((profile.auth.header.lower(), f"Bearer {keys[0]}"), *received.headers) if keys else received.headers
    return replace(received, headers=headers)


def stream_as_chat(answer: Answer, with_done: bool) -> Answer:
    """Sends the text of a streamed response as chunks of a chat."""
    if not isinstance(answer, StreamAnswer) or not any(event.name == "response.created" for event in answer.events):
        return answer
    values = [event.data for event in answer.events if isinstance(event.data, dict)]
    response_id = values[0]["response"]["id"]
    texts = [value["delta"] for value in values if value["type"] == "response.output_text.delta"]
    deltas = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts), {}]
    chunks = [
        {"id": response_id, "object": "chat.completion.chunk", "choices": [chat_choice(delta)]} for delta in deltas
    ]
    return replace(answer, events=(*map(OutgoingEvent, chunks), *([OutgoingEvent(DONE_DATA)] if with_done else [])))


def chat_choice(delta: JsonObject) -> JsonObject:
    return {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}


def break_small_cap(body: JsonObject) -> JsonObject:
    cap = body.get("max_output_tokens")
    return {**body, "max_output_tokens": -1} if isinstance(cap, int) and 0 < cap < MIN_OUTPUT_TOKENS else body


HOOKS: Mapping[str, FaultHooks] = {
    "response-messages-refused": on_response_body(lambda body: without_member("messages", body)),
    "response-messages-ignored": on_response_body(
        lambda body: (
            {**without_member("messages", body), "input": REPLACED_INPUT}
            if "messages" in body and "input" not in body
            else body
        )
    ),
    "response-input-wins": on_response_body(lambda body: without_member("messages", body) if "input" in body else body),
    "response-without-input": on_response_body(
        lambda body: body if "input" in body or "messages" in body else {**body, "input": REPLACED_INPUT}
    ),
    "response-parts-refused": on_content_parts(lambda parts: 7),
    "response-first-part-only": on_content_parts(lambda parts: parts[:1]),
    "response-small-cap-refused": on_response_body(break_small_cap),
    "response-knows-fewer-models": FaultHooks(on_request=know_first_model_only),
    "response-stream-as-chat": FaultHooks(on_answer=lambda answer, received: stream_as_chat(answer, True)),
    "response-stream-as-chat-without-done": FaultHooks(
        on_answer=lambda answer, received: stream_as_chat(answer, False)
    ),
    "second-scheme-refused": change_auth(schemes=("Bearer",)),
    "key-in-another-header-accepted": FaultHooks(on_request=accept_own_header),
    "revoked-key-accepted": on_header("authorization", lambda value: value.replace("mock-revoked", "mock-standard")),
    "public-list-needs-key": change_auth(public=()),
    "out-of-range-as-422": change_refusal("out-of-range", status=422),
    "out-of-range-as-502": change_refusal("out-of-range", status=502),
    "misconfigured-as-500": change_refusal("misconfigured", status=500),
    "upstream-failed-as-500": change_refusal("upstream-failed", status=500),
}
