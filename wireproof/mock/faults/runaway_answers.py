"""Faults that look like an excuse: answers that run to the token cap, and refusals that name no reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.conditional_errors import body_as_object
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.members_ignored import OUTPUT_CAP_MEMBERS
from wireproof.mock.faults.request_edits import on_body
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

TALK = "Say exactly: " + "It is sunny, hot and dry, and so it stays. " * 80
PLAINEST_ORDER = "Say exactly: ok"
PROXY_HEADERS = (("Content-Type", "application/json; charset=iso-8859-1"),)
BEGUN_OBJECT = "{"


def talk_to_cap(*ignored: str) -> FaultHooks:
    """Hooks that ignore these members, and answer a request with one of them by a talk up to its cap."""

    def change_body(body: JsonObject) -> JsonObject:
        if not any(name in body for name in ignored):
            return body
        kept = {name: value for name, value in body.items() if name not in ignored}
        place = "messages" if "messages" in body else "input"
        return {**kept, place: [{"role": "user", "content": TALK}]}

    return on_body(change_body)


def blanks_to_cap(answer: Answer, received: HttpRequest) -> Answer:
    """Answers a request for JSON with the beginning of an object, and blanks up to the cap."""
    body = body_as_object(received)
    cap = next((body[name] for name in OUTPUT_CAP_MEMBERS if name in body), None)
    if not isinstance(answer, PlainAnswer) or answer.status >= 400 or "response_format" not in body or cap is None:
        return answer
    value: Any = answer.value
    choices = [
        choice | {"message": choice["message"] | {"content": BEGUN_OBJECT + "\n" * cap}, "finish_reason": "length"}
        for choice in value["choices"]
    ]
    usage = value["usage"] | {"completion_tokens": cap, "total_tokens": value["usage"]["prompt_tokens"] + cap}
    return replace(answer, value={**value, "choices": choices, "usage": usage})


def refuse_with(status: int, message: str, wanted: Callable[[JsonObject], bool]) -> FaultHooks:
    """Hooks that refuse the wanted requests with a message."""
    refusal = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        is_wanted = answer.status < 400 and wanted(body_as_object(received))
        return PlainAnswer(status, refusal, answer.headers) if is_wanted else answer

    return FaultHooks(on_answer=change_answer)


def as_by_proxy(hooks: FaultHooks) -> FaultHooks:
    """The same hooks, whose refusals have the one header of a proxy in front of the server."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        changed = hooks.on_answer(answer, received)
        return changed if changed is answer else replace(changed, headers=PROXY_HEADERS)

    return FaultHooks(on_answer=change_answer)


def is_beyond_plainest(body: JsonObject) -> bool:
    """True for a chat that asks for more than the plainest one, by which a run finds out whether it may ask at all."""
    return "messages" in body and PLAINEST_ORDER not in str(body["messages"])


HOOKS: Mapping[str, FaultHooks] = {
    "tools-talked-past": talk_to_cap("tools", "tool_choice", "functions", "function_call"),
    "json-talked-past": talk_to_cap("response_format", "text"),
    "json-blanks-to-cap": FaultHooks(on_answer=blanks_to_cap),
    "json-refused-for-temperature": refuse_with(
        400, "Unsupported parameter: temperature", lambda body: "response_format" in body
    ),
    "tools-refused-without-reason": refuse_with(400, "Bad request", lambda body: "tools" in body),
    # No single answer breaks a rule; the share of the refusals in a run does.
    "limited-beyond-the-plainest": refuse_with(429, "Rate limit reached for requests", is_beyond_plainest),
    "limited-without-a-sign": as_by_proxy(refuse_with(429, "No.", lambda body: isinstance(body.get("messages"), list))),
}
