"""Faults that depend on the request: refusals, crashes and small changes of certain answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from wireproof.mock.faults import json_edits
from wireproof.mock.faults.hooks import FaultHooks
from wireproof.mock.faults.request_edits import ignore_members
from wireproof.mock.protocol.answers import Answer, PlainAnswer, json_bytes
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp

CRASH_BODY = {"error": {"message": "Internal Server Error", "type": "server_error", "param": None, "code": None}}


def body_as_object(received: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(received.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def crash_on_body(wanted: Callable[[dict[str, Any]], bool]) -> FaultHooks:
    """Hooks that answer the wanted requests with status 500."""

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return PlainAnswer(500, CRASH_BODY, answer.headers) if wanted(body_as_object(received)) else answer

    return FaultHooks(on_answer=change_answer)


def has_content_parts(body: dict[str, Any]) -> bool:
    return any(
        isinstance(message.get("content"), list) for message in body.get("messages") or () if isinstance(message, dict)
    )


def without_rate_headers(answer: Answer, received: HttpRequest) -> Answer:
    return replace(answer, headers=tuple(pair for pair in answer.headers if "ratelimit" not in pair[0].lower()))


def repeat_key(answer: Answer, received: HttpRequest) -> Answer:
    """Repeats the received key in its refusal."""
    if answer.status != 401 or not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict):
        return answer
    key = (received.header("authorization") or "").partition(" ")[2]
    error = {**answer.value.get("error", {}), "message": f"Incorrect API key provided: {key}."}
    return replace(answer, value={**answer.value, "error": error})


def redirect_to_slash(answer: Answer, received: HttpRequest) -> Answer:
    if answer.status != 404 and not received.path.endswith("/"):
        return PlainAnswer(307, b"", (("Location", received.path + "/"), *answer.headers))
    return answer


def refuse_above_400_bytes(answer: Answer, received: HttpRequest) -> Answer:
    """Refuses bodies of more than 400 bytes as too large, with an empty body."""
    return PlainAnswer(413, b"", (("Content-Type", "text/plain"),)) if len(received.body) > 400 else answer


def retry_after_as_date(answer: Answer, received: HttpRequest) -> Answer:
    """Writes Retry-After as an HTTP date, which RFC 9110 section 10.2.3 allows."""
    date = formatdate(received.at + 60, usegmt=True)
    headers = ((name, date if name == "Retry-After" else value) for name, value in answer.headers)
    return replace(answer, headers=tuple(headers))


def prepend_blank_lines(answer: Answer, received: HttpRequest) -> Answer:
    """Sends blank lines before the JSON, as a server does that keeps a connection alive."""
    if isinstance(answer, PlainAnswer) and not isinstance(answer.value, bytes) and answer.status < 400:
        return replace(answer, value=b"\n" * 5 + json_bytes(answer.value))
    return answer


def only_blank_lines(answer: Answer, received: HttpRequest) -> Answer:
    """Sends blank lines in place of the JSON."""
    return replace(answer, value=b"\n" * 5) if isinstance(answer, PlainAnswer) and answer.status < 400 else answer


def vary_texts(answer: Answer, received: HttpRequest) -> Answer:
    """Appends the id of the answer to each text, so that no two texts are equal."""
    value = answer.value if isinstance(answer, PlainAnswer) and isinstance(answer.value, dict) else {}
    if answer.status >= 400 or "choices" not in value:
        return answer
    return replace(
        answer, value=json_edits.edit_at("/choices/*/message/content", lambda text: f"{text} {value['id']}")(value)
    )


def repeat_first_member(answer: Answer, received: HttpRequest) -> Answer:
    """Writes the first member of the object twice."""
    if not isinstance(answer, PlainAnswer) or not isinstance(answer.value, dict) or not answer.value:
        return answer
    name, value = next(iter(answer.value.items()))
    return replace(answer, value=json_bytes({name: value})[:-1] + b"," + json_bytes(answer.value)[1:])


def refuse_requests(wanted: Callable[[HttpRequest], bool], status: int = 400) -> FaultHooks:
    """Hooks that refuse the wanted requests if the server would have served them."""
    refusal = {"error": {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}}

    def change_answer(answer: Answer, received: HttpRequest) -> Answer:
        return PlainAnswer(status, refusal, answer.headers) if answer.status < 400 and wanted(received) else answer

    return FaultHooks(on_answer=change_answer)


def reset_after_crash(ops: Ops) -> Ops:
    """Resets the connection after an answer with status 500."""
    return (*ops, WireOp("reset")) if ops[0].data.startswith(b"HTTP/1.1 500") else ops


def has_tenant(received: HttpRequest) -> bool:
    return any(name.endswith("-tenant") for name, _ in received.headers)


def has_bad_key(received: HttpRequest) -> bool:
    return "mock-" not in (received.header("authorization") or "mock-")


def has_text_part(body: dict[str, Any]) -> bool:
    return "'type': 'text'" in str(body.get("input"))


def metadata_in(received: HttpRequest) -> dict[str, Any] | None:
    """The metadata of a request; None if it has none."""
    metadata = body_as_object(received).get("metadata")
    return metadata if isinstance(metadata, dict) else None


def has_metadata_beyond_texts(received: HttpRequest) -> bool:
    return any(not isinstance(value, str) for value in (metadata_in(received) or {}).values())


HOOKS: Mapping[str, FaultHooks] = {
    "tenant-refused": refuse_requests(has_tenant),
    "form-refused": refuse_requests(
        lambda received: (received.header("content-type") or "").startswith("multipart/"), 415
    ),
    "metadata-texts-only": refuse_requests(has_metadata_beyond_texts),
    "metadata-sixteen-pairs": refuse_requests(lambda received: len(metadata_in(received) or {}) > 16),
    "metadata-needs-a-pair": refuse_requests(lambda received: metadata_in(received) == {}),
    "health-gone-in-outage": refuse_requests(lambda received: received.header("x-wireproof-cell") is not None, 404),
    "bad-key-crashes": refuse_requests(has_bad_key, 500),
    "response-text-part-crashes": crash_on_body(has_text_part),
    "hints-crash": crash_on_body(lambda body: "prompt_cache_key" in body or "best_of" in body),
    "penalties-crash": crash_on_body(lambda body: "presence_penalty" in body or "logit_bias" in body),
    "empty-input-crashes": crash_on_body(lambda body: isinstance(body.get("input"), list) and "" in body["input"]),
    "store-crashes": crash_on_body(lambda body: "store" in body),
    "previous-response-crashes": crash_on_body(lambda body: "previous_response_id" in body),
    "body-limit-low": FaultHooks(on_answer=refuse_above_400_bytes),
    "retry-after-date": FaultHooks(on_answer=retry_after_as_date),
    "answer-after-blank-lines": FaultHooks(on_answer=prepend_blank_lines),
    "blank-lines-alone": FaultHooks(on_answer=only_blank_lines),
    "chat-text-other-each-time": FaultHooks(on_request=ignore_members("seed").on_request, on_answer=vary_texts),
    "member-twice": FaultHooks(on_answer=repeat_first_member),
    "wrong-top-p-crashes": crash_on_body(lambda body: isinstance(body.get("top_p"), str)),
    "seed-crash-resets": replace(crash_on_body(lambda body: "seed" in body), on_wire=reset_after_crash),
    "temperature-crashes": crash_on_body(lambda body: "temperature" in body),
    "tools-crashes": crash_on_body(lambda body: "tools" in body),
    "response-format-crashes": crash_on_body(lambda body: "response_format" in body),
    "stream-options-crashes": crash_on_body(lambda body: "stream_options" in body),
    "user-crashes": crash_on_body(lambda body: "user" in body),
    "seed-crashes": crash_on_body(lambda body: "seed" in body),
    "content-parts-crash": crash_on_body(has_content_parts),
    "rate-headers-missing": FaultHooks(on_answer=without_rate_headers),
    "key-in-refusal": FaultHooks(on_answer=repeat_key),
    "redirect-to-slash": FaultHooks(on_answer=redirect_to_slash),
}
