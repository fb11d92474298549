"""Faults that look like an excuse: answers that run to the token cap, and refusals that name no reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.answer_places import edit_every_chunk
from wireproof.mock.faults.conditional_errors import body_as_object
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.members_ignored import OUTPUT_CAP_MEMBERS
from wireproof.mock.faults.request_edits import on_body
from wireproof.mock.faults.stream_texts import on_pieces
from wireproof.mock.protocol.answers import Answer, PlainAnswer, StreamAnswer
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.provider.body_validation import JsonObject

TALK = "Say exactly: " + "It is sunny, hot and dry, and so it stays. " * 80
PLAINEST_ORDER = "Say exactly: ok"
PROXY_HEADERS = (("Content-Type", "application/json; charset=iso-8859-1"),)
BEGUN_OBJECT, BEGUN_PAIR = "{", '{"city"'


def talk_to_cap(*ignored: str) -> FaultHooks:
    """Hooks that ignore these members, and answer a request with one of them by a talk up to its cap."""

    def change_body(body: JsonObject) -> JsonObject:
        if not any(name in body for name in ignored):
            return body
        kept = {name: value for name, value in body.items() if name not in ignored}
        place = "messages" if "messages" in body else "input"
        return {**kept, place: [{"role": "user", "content": TALK}]}

    return on_body(change_body)


def blanks_to_cap(begun: str, blank: str = "\n") -> FaultHooks:
    """Hooks that answer a request for JSON with the beginning of an object, and blanks up to the cap."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        body = body_as_object(received)
        cap = next((body[name] for name in OUTPUT_CAP_MEMBERS if name in body), None)
        if cap is None or answer.status >= 400 or not ("response_format" in body or "format" in body.get("text", {})):
            return answer
        text = begun + blank * cap
        if isinstance(answer, StreamAnswer):
            return on_pieces(lambda pieces: [begun, *[blank] * cap]).on_answer(
                edit_every_chunk(answer, finish_at_cap), received
            )
        return replace(answer, value=with_text_to_cap(answer.value, text, cap))

    return FaultHooks(on_answer=change_answer)


def finish_at_cap(value: Any) -> Any:
    for choice in value.get("choices") or ():
        if choice.get("finish_reason") == "stop":
            choice["finish_reason"] = "length"
    return value


def with_text_to_cap(value: Any, text: str, cap: int) -> Any:
    """A chat or a response whose text runs to the cap; a response that ends with a call has no such text."""
    if "output" in value and "content" not in value["output"][-1]:
        return value
    if "output" in value:
        parts = [{**value["output"][-1]["content"][-1], "text": text}]
        items = [*value["output"][:-1], {**value["output"][-1], "status": "incomplete", "content": parts}]
        ended = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": items}
        usage = value["usage"] | {"output_tokens": cap, "total_tokens": value["usage"]["input_tokens"] + cap}
        return {**value, **ended, "usage": usage}
    choices = [
        choice | {"message": choice["message"] | {"content": text}, "finish_reason": "length"}
        for choice in value["choices"]
    ]
    usage = value["usage"] | {"completion_tokens": cap, "total_tokens": value["usage"]["prompt_tokens"] + cap}
    return {**value, "choices": choices, "usage": usage}


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
    "json-blanks-to-cap": blanks_to_cap(BEGUN_OBJECT),
    "json-blanks-inside": blanks_to_cap(BEGUN_PAIR, " \n"),
    "json-tabs-inside": blanks_to_cap(BEGUN_PAIR + ": ", "\t"),
    "json-refused-for-temperature": refuse_with(
        400, "Unsupported parameter: temperature", lambda body: "response_format" in body
    ),
    "tools-refused-without-reason": refuse_with(400, "Bad request", lambda body: "tools" in body),
    # No single answer breaks a rule; the share of the refusals in a run does.
    "limited-beyond-the-plainest": refuse_with(429, "Rate limit reached for requests", is_beyond_plainest),
    "limited-without-a-sign": as_by_proxy(refuse_with(429, "No.", lambda body: isinstance(body.get("messages"), list))),
}
