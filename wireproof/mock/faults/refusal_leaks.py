"""Faults of who is refused and how: what a refusal gives away, abuse that brings a server down, bounds not held."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wireproof.mock.faults.conditional_errors import CRASH
from wireproof.mock.faults.contract_changes import requests
from wireproof.mock.faults.hooks import Lapse
from wireproof.mock.protocol.answers import Answer, PlainAnswer
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.provider.request_rules import FieldRule, RequestRules

DEEP = b"[" * 500
TWO_MEGABYTES = 2 * 1024 * 1024
OPTIONAL = ("seed", "user", "logit_bias", "presence_penalty", "metadata")


def key_of(received: HttpRequest) -> str:
    return (received.header("authorization") or "").partition(" ")[2]


def telling(message: Callable[[str], str], concerns: Callable[[str], bool] = bool) -> Lapse:
    """A lapse that tells more of a key when it is refused."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        key = key_of(received)
        if answer.status not in (401, 403) or not isinstance(answer, PlainAnswer) or not concerns(key):
            return answer
        error = {**answer.value["error"], "message": message(key)}
        return replace(answer, value={**answer.value, "error": error})

    return Lapse(say=say)


def with_hash(key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"Invalid proxy server token passed. Key Hash (Token) = {digest}."


def most_of(key: str) -> str:
    return f"Incorrect API key provided: {key[:-4]}****."


def masked(key: str) -> str:
    return f"Incorrect API key provided: {key[:5]}***{key[-4:]}. You can find your key on your page."


def with_request_id(answer: Answer, received: HttpRequest) -> Answer:
    """The message of every error ends with an id of its request."""
    if answer.status < 400 or not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict):
        return answer
    number = hashlib.md5(received.body + key_of(received).encode(), usedforsecurity=False).hexdigest()
    error = {**answer.value["error"], "message": f"{answer.value['error']['message']} (request id: {number})"}
    return replace(answer, value={**answer.value, "error": error})


def is_near(key: str) -> bool:
    """A key that begins like those of this server, and is none."""
    return "mock-" in key and "mock-revoked" not in key


def crashing_on(wanted: Callable[[bytes], bool]) -> Lapse:
    """A lapse that answers 500 where the bytes of a body are of a kind."""

    def say(answer: Answer, received: HttpRequest) -> Answer:
        return (
            PlainAnswer(500, CRASH, answer.headers) if received.method == "POST" and wanted(received.body) else answer
        )

    return Lapse(say=say)


def is_broken_text(body: bytes) -> bool:
    return b"\xff" in body


def read_first(answer: Answer, received: HttpRequest) -> Answer:
    """What a request says is found wrong before its key is."""
    if answer.status not in (401, 403) or not key_of(received):
        return answer
    try:
        named = json.loads(received.body)["model"]
    except (ValueError, KeyError, TypeError, RecursionError):
        named = ""
    error = {"message": "No such model.", "type": "invalid_request_error", "param": None, "code": None}
    wrong = received.body and named in ("", "wireproof-no-such-model")
    return PlainAnswer(400, {"error": error}, answer.headers) if wrong else answer


def streams_otherwise(answer: Answer, received: HttpRequest) -> Answer:
    """A refusal has another status where a stream was asked for."""
    refused = 400 <= answer.status < 500 and b'"stream": true' in received.body
    return replace(answer, status=409) if refused else answer


def short_of_breath(answer: Answer, received: HttpRequest) -> Answer:
    """Bodies of more than two megabytes are too large, as a framework says it."""
    if len(received.body) <= TWO_MEGABYTES:
        return answer
    text = b"Failed to buffer the request body: length limit exceeded"
    return PlainAnswer(413, text, (("Content-Type", "text/plain"),))


def reset_when_too_large(ops: Ops) -> Ops:
    return (WireOp("reset"),) if ops[0].data.startswith(b"HTTP/1.1 413") else ops


def foreign_words(answer: Answer, received: HttpRequest) -> Answer:
    """Optional members of a request are refused in the words of another API."""
    named = [name for name in OPTIONAL if f'"{name}"'.encode() in received.body]
    if answer.status >= 400 or not named:
        return answer
    message = f'Invalid JSON payload received. Unknown name "{named[0]}": Cannot find field.'
    return PlainAnswer(400, {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}, answer.headers)


def each_field(change: Callable[[FieldRule], FieldRule]) -> Lapse:
    """A lapse in the bounds of every member that a request may leave out."""

    def bounded(rules: RequestRules) -> RequestRules:
        # A required list that may be empty would bring the server down, which is another fault.
        changed = {name: field if field.required else change(field) for name, field in rules.fields.items()}
        return replace(rules, fields=changed)

    return requests(bounded)


def unbounded(field: FieldRule) -> FieldRule:
    return replace(field, minimum=None, maximum=None, min_items=None, max_items=None)


def of_any_word(field: FieldRule) -> FieldRule:
    return replace(field, enum=())


def a_step_wider(field: FieldRule) -> FieldRule:
    """The field with each bound one step further out."""
    step = 0.1 if "number" in field.types else 1
    least, most = field.minimum, field.maximum
    items: dict[str, Any] = {
        "min_items": field.min_items and field.min_items - 1,
        "max_items": field.max_items and field.max_items + 1,
    }
    return replace(
        field,
        minimum=None if least is None else least - step,
        maximum=None if most is None else most + step,
        **items,
    )


def odd_tenant(received: HttpRequest) -> bool:
    return any(name.endswith("-tenant") and "'" in value for name, value in received.headers)


LAPSES: Mapping[str, Lapse] = {
    "odd-tenant-crashes": Lapse(
        say=lambda answer, received: PlainAnswer(500, CRASH, answer.headers) if odd_tenant(received) else answer
    ),
    "free-key-masked": telling(masked),
    "free-request-id-in-message": Lapse(say=with_request_id),
    "key-hash-in-refusal": telling(with_hash),
    "most-of-key-in-refusal": telling(most_of),
    "revoked-key-told": telling(lambda key: "This key was revoked by its owner.", lambda key: "mock-revoked" in key),
    "near-key-told": telling(lambda key: "The secret of this key is wrong.", is_near),
    "request-read-before-key": Lapse(say=read_first),
    "stream-refused-otherwise": Lapse(say=streams_otherwise),
    "deep-nesting-crashes": crashing_on(lambda body: DEEP in body),
    "broken-text-crashes": crashing_on(is_broken_text),
    "no-body-crashes": crashing_on(lambda body: not body),
    "body-limit-two-megabytes": Lapse(say=short_of_breath),
    "too-large-resets": Lapse(frame=reset_when_too_large),
    "optional-fields-refused": Lapse(say=foreign_words),
    "any-word-taken": each_field(of_any_word),
    "bounds-unchecked": each_field(unbounded),
    "bounds-one-step-wide": each_field(a_step_wider),
}
