"""Faults of refusals: leaked secrets, crashes on abusive bodies, bounds that are not enforced."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.conditional_errors import CRASH_BODY
from wireproof.mock.faults.contract_changes import on_request_rules
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.provider.request_rules import BodyRules, FieldRule

DEEP_BRACKETS = b"[" * 500
TWO_MEGABYTES = 2 * 1024 * 1024
OPTIONAL_MEMBERS = ("seed", "user", "logit_bias", "presence_penalty", "metadata")


def request_key(received: HttpRequest) -> str:
    return (received.header("authorization") or "").partition(" ")[2]


def on_key_refusal(message: Callable[[str], str], wanted: Callable[[str], bool] = bool) -> FaultHooks:
    """Hooks that change the message of a refused key."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        key = request_key(received)
        if answer.status not in (401, 403) or not isinstance(answer, PlainAnswer) or not wanted(key):
            return answer
        error = {**answer.value["error"], "message": message(key)}
        return replace(answer, value={**answer.value, "error": error})

    return FaultHooks(on_answer=change_answer)


def message_with_key_hash(key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"Invalid proxy server token passed. Key Hash (Token) = {digest}."


def message_with_most_of_key(key: str) -> str:
    return f"Incorrect API key provided: {key[:-4]}****."


def message_with_masked_key(key: str) -> str:
    return f"Incorrect API key provided: {key[:5]}***{key[-4:]}. You can find your key on your page."


def with_request_id(answer: Answer, received: HttpRequest) -> Answer:
    """Appends a request id to the message of every error."""
    if answer.status < 400 or not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict):
        return answer
    digested = b"request " + received.body + request_key(received).encode()  # apart from every hash of the key alone
    number = hashlib.md5(digested, usedforsecurity=False).hexdigest()
    error = {**answer.value["error"], "message": f"{answer.value['error']['message']} (request id: {number})"}
    return replace(answer, value={**answer.value, "error": error})


def is_near_key(key: str) -> bool:
    """True if a key has the beginning of a key of this server and is not a revoked one."""
    return "mock-" in key and "mock-revoked" not in key


def crash_on_bytes(wanted: Callable[[bytes], bool]) -> FaultHooks:
    """Hooks that answer with status 500 if the body of a POST is wanted."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return (
            PlainAnswer(500, CRASH_BODY, answer.headers)
            if received.method == "POST" and wanted(received.body)
            else answer
        )

    return FaultHooks(on_answer=change_answer)


def is_broken_text(body: bytes) -> bool:
    return b"\xff" in body


def check_model_before_key(answer: Answer, received: HttpRequest) -> Answer:
    """Reports a wrong model in place of a wrong key."""
    if answer.status not in (401, 403) or not request_key(received):
        return answer
    try:
        model = json.loads(received.body)["model"]
    except (ValueError, KeyError, TypeError, RecursionError):
        model = ""
    error = {"message": "No such model.", "type": "invalid_request_error", "param": None, "code": None}
    is_wrong = received.body and model in ("", "wireproof-no-such-model")
    return PlainAnswer(400, {"error": error}, answer.headers) if is_wrong else answer


def refuse_stream_as_409(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses streamed requests with status 409."""
    is_refused_stream = 400 <= answer.status < 500 and b'"stream": true' in received.body
    return replace(answer, status=409) if is_refused_stream else answer


def refuse_above_two_megabytes(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses bodies of more than two megabytes with the plain text of a framework."""
    if len(received.body) <= TWO_MEGABYTES:
        return answer
    text = b"Failed to buffer the request body: length limit exceeded"
    return PlainAnswer(413, text, (("Content-Type", "text/plain"),))


def reset_when_too_large(ops: Ops) -> Ops:
    return (WireOp("reset"),) if ops[0].data.startswith(b"HTTP/1.1 413") else ops


def refuse_in_foreign_words(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses optional members of a request with the error shape of another API."""
    present = [name for name in OPTIONAL_MEMBERS if f'"{name}"'.encode() in received.body]
    if answer.status >= 400 or not present:
        return answer
    message = f'Invalid JSON payload received. Unknown name "{present[0]}": Cannot find field.'
    return PlainAnswer(400, {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}, answer.headers)


def on_each_optional_field(change: Callable[[FieldRule], FieldRule]) -> FaultHooks:
    """Hooks that change the rule of every optional member."""

    def change_rules(rules: BodyRules) -> BodyRules:
        # Without its bound, a required list may be empty, which would crash the server: another fault.
        changed = {name: field if field.required else change(field) for name, field in rules.fields.items()}
        return replace(rules, fields=changed)

    return on_request_rules(change_rules)


def without_bounds(field: FieldRule) -> FieldRule:
    return replace(field, minimum=None, maximum=None, min_items=None, max_items=None)


def without_enum(field: FieldRule) -> FieldRule:
    return replace(field, enum=())


def widen_bounds(field: FieldRule) -> FieldRule:
    """Widens each bound of the field by one step."""
    step = 0.1 if "number" in field.types else 1
    minimum, maximum = field.minimum, field.maximum
    items: dict[str, Any] = {
        "min_items": field.min_items and field.min_items - 1,
        "max_items": field.max_items and field.max_items + 1,
    }
    return replace(
        field,
        minimum=None if minimum is None else minimum - step,
        maximum=None if maximum is None else maximum + step,
        **items,
    )


def has_odd_tenant(received: HttpRequest) -> bool:
    return any(name.endswith("-tenant") and "'" in value for name, value in received.headers)


HOOKS: Mapping[str, FaultHooks] = {
    "odd-tenant-crashes": FaultHooks(
        on_answer=lambda answer, received: (
            PlainAnswer(500, CRASH_BODY, answer.headers) if has_odd_tenant(received) else answer
        )
    ),
    "free-key-masked": on_key_refusal(message_with_masked_key),
    "free-request-id-in-message": FaultHooks(on_answer=with_request_id),
    "key-hash-in-refusal": on_key_refusal(message_with_key_hash),
    "most-of-key-in-refusal": on_key_refusal(message_with_most_of_key),
    "revoked-key-told": on_key_refusal(
        lambda key: "This key was revoked by its owner.", lambda key: "mock-revoked" in key
    ),
    "near-key-told": on_key_refusal(lambda key: "The secret of this key is wrong.", is_near_key),
    "request-read-before-key": FaultHooks(on_answer=check_model_before_key),
    "stream-refused-otherwise": FaultHooks(on_answer=refuse_stream_as_409),
    "deep-nesting-crashes": crash_on_bytes(lambda body: DEEP_BRACKETS in body),
    "broken-text-crashes": crash_on_bytes(is_broken_text),
    "no-body-crashes": crash_on_bytes(lambda body: not body),
    "body-limit-two-megabytes": FaultHooks(on_answer=refuse_above_two_megabytes),
    "too-large-resets": FaultHooks(on_wire=reset_when_too_large),
    "optional-fields-refused": FaultHooks(on_answer=refuse_in_foreign_words),
    "any-word-taken": on_each_optional_field(without_enum),
    "bounds-unchecked": on_each_optional_field(without_bounds),
    "bounds-one-step-wide": on_each_optional_field(widen_bounds),
}
